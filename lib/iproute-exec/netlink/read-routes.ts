import { AF_INET, AF_INET6, addressText, prefixText } from './addresses.js';
import { attributes, type Message } from './message-reader.js';
import { FLAG, MessageWriter } from './message-writer.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { wholeListing } from './refusals.js';
import { readLink } from './read-links.js';
import { HEADER, RTA, RTM } from './rtnetlink.js';

interface NextHopObject {
  readonly gateway?: string;
  readonly dev?: string;
  readonly weight?: number;
  readonly flags: readonly string[];
}

/** A route with the fields of `ip -j -d -N route show` that ip-json/routes.ts reads. */
export interface RouteObject extends NextHopObject {
  readonly type: string;
  readonly dst: string;
  readonly protocol: string;
  readonly metric?: number;
  readonly prefsrc?: string;
  readonly table: string;
  readonly nexthops?: readonly NextHopObject[];
}

/** Which routes are wanted, by what their headers say; the others are not looked into. */
export type RouteFilter = (header: { readonly destinationLength: number; readonly protocol: number }) => boolean;

const RTM_F_CLONED = 0x200;
/** In rtmsg.rtm_flags and rtnexthop.rtnh_flags. */
const nextHopFlags = [
  [1, 'dead'],
  [2, 'pervasive'],
  [4, 'onlink'],
  [8, 'offload'],
  [16, 'linkdown'],
] as const;

/** The routes of all tables and both families. */
export function readRoutes(socket: NetlinkSocket, wanted: RouteFilter): readonly RouteObject[] {
  const names = new Map<number, string | undefined>();
  return [AF_INET, AF_INET6].flatMap((family) => {
    const writer = new MessageWriter();
    const sequence = writer.message(RTM.getRoute, FLAG.dump, () => {
      writer.raw([family, ...new Array<number>(HEADER.route - 1).fill(0)]);
    });
    const messages = wholeListing(socket, 'route show', writer.bytes, sequence, (message) => copyIf(message, wanted));
    return messages.map((message) => routeIn(message, (index) => nameOf(socket, names, index)));
  });
}

/** A copy, because the buffer is that of every receipt, and names of links are asked for before it is read. */
function copyIf({ type, body, ...rest }: Message, wanted: RouteFilter): Message | undefined {
  if (type !== RTM.newRoute || (body.readUInt32LE(8) & RTM_F_CLONED) !== 0) return undefined;
  if (!wanted({ destinationLength: body.readUInt8(1), protocol: body.readUInt8(5) })) return undefined;
  return { ...rest, type, body: Buffer.from(body) };
}

function nameOf(socket: NetlinkSocket, names: Map<number, string | undefined>, index: number): string | undefined {
  if (!names.has(index)) names.set(index, readLink(socket, index)?.ifname);
  return names.get(index);
}

function routeIn({ body }: Message, nameOfLink: (index: number) => string | undefined): RouteObject {
  const fields = attributes(body, HEADER.route);
  const destination = fields.get(RTA.destination);
  const source = fields.get(RTA.preferredSource);
  const metric = fields.get(RTA.priority)?.readUInt32LE();
  const multipath = fields.get(RTA.multipath);
  return {
    type: String(body.readUInt8(7)),
    dst: destination === undefined ? 'default' : prefixText(destination, body.readUInt8(1)),
    ...nextHop(fields, fields.get(RTA.outputInterface)?.readUInt32LE(), body.readUInt32LE(8), nameOfLink),
    protocol: String(body.readUInt8(5)),
    ...(metric === undefined ? {} : { metric }),
    ...(source === undefined ? {} : { prefsrc: addressText(source) }),
    table: String(fields.get(RTA.table)?.readUInt32LE() ?? body.readUInt8(4)),
    ...(multipath === undefined ? {} : { nexthops: nextHops(multipath, nameOfLink) }),
  };
}

/** Each is a struct rtnexthop and its attributes. */
function nextHops(bytes: Buffer, nameOfLink: (index: number) => string | undefined): readonly NextHopObject[] {
  const hops: NextHopObject[] = [];
  for (let start = 0; start + 8 <= bytes.length;) {
    const length = bytes.readUInt16LE(start);
    if (length < 8 || start + length > bytes.length) break;
    const fields = attributes(bytes.subarray(start + 8, start + length));
    const hop = nextHop(fields, bytes.readInt32LE(start + 4), bytes.readUInt8(start + 2), nameOfLink);
    hops.push({ ...hop, weight: bytes.readUInt8(start + 3) + 1 });
    start += Math.ceil(length / 4) * 4;
  }
  return hops;
}

function nextHop(
  fields: ReadonlyMap<number, Buffer>,
  index: number | undefined,
  flags: number,
  nameOfLink: (index: number) => string | undefined,
): NextHopObject {
  // A gateway of the other family comes with that family before it.
  const gateway = fields.get(RTA.gateway) ?? fields.get(RTA.via)?.subarray(2);
  const dev = index === undefined ? undefined : nameOfLink(index);
  return {
    ...(gateway === undefined ? {} : { gateway: addressText(gateway) }),
    ...(dev === undefined ? {} : { dev }),
    flags: nextHopFlags.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : [name])),
  };
}
