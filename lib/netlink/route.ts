import {
  addressBytes,
  addressText,
  AF_INET,
  AF_INET6,
  familyName,
  familyNumber,
  familyOf,
  formatPrefix,
  prefixIn,
  type IpFamily,
  type Prefix,
} from './ip-address.js';
import { attributes, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { wholeListing } from './wire/listing.js';
import { readLink } from './link.js';
import { HEADER, LARGEST_TABLE_IN_HEADER, RTA, RTM, tableInHeader } from './wire/rtnetlink.js';

/** A way to what a route leads to. */
export interface NextHop {
  /** Of the route's own family, or of the other one (`via inet6 ...`); undefined: what is on the link. */
  readonly gateway: string | undefined;
  /** The interface's name; undefined: none, as in `unreachable`. */
  readonly dev: string | undefined;
  /** The gateway is taken to be on the link, whatever its address. */
  readonly isOnLink: boolean;
}

/** A route. Two with the same key replace each other. */
export interface Route extends NextHop {
  readonly family: IpFamily;
  readonly table: number;
  readonly destination: Prefix;
  readonly type: RouteType;
  /** The address that the device's own traffic leaves with (`src`). */
  readonly source: string | undefined;
  /** The route's preference among equals; lower is better. Of IPv6 the kernel takes 0 for 1024, and says so. */
  readonly metric: number;
  /** What nft calls the class of what goes by it (`rt classid`); absent: none. */
  readonly realm?: number | undefined;
  /** Who owns it (RTPROT_*). */
  readonly protocol: number;
  /** The kernel does not use it now: the link has no carrier, or is down. */
  readonly isDead: boolean;
  /** Where there are several ways; gateway and dev above are then undefined. */
  readonly nextHops: readonly NextHop[];
}

/** linux/rtnetlink.h, RTN_*, by number. */
const ROUTE_TYPES = [
  'none',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
] as const;
export type RouteType = (typeof ROUTE_TYPES)[number];

/** What the header of a route says: enough to choose those that are wanted, before the rest of it is read. */
export interface RouteHeader {
  readonly family: IpFamily;
  readonly type: RouteType;
  readonly protocol: number;
  /** Of tables beyond 255 the header says 252 (RT_TABLE_COMPAT). */
  readonly table: number;
}

/**
 * Chooses routes by their header, and by the index of their interface where that matters: undefined for a route by no
 * interface, or by several ways.
 */
export type RouteChoice = (header: RouteHeader, linkIndex: () => number | undefined) => boolean;

const RTM_F_CLONED = 0x200;
/** In rtmsg.rtm_flags and rtnexthop.rtnh_flags. */
const RTNH_F = { dead: 1, onlink: 4, linkdown: 16 } as const;
const RT_SCOPE = { universe: 0, link: 253, host: 254, nowhere: 255 } as const;

/**
 * Two routes with the same key replace each other, and no others: the kernel keeps one for each metric, in each
 * family.
 */
export function routeKey({ table, destination, metric }: Pick<Route, 'table' | 'destination' | 'metric'>): string {
  // `default` does not tell the family.
  const prefix = destination.address === '::' && destination.length === 0 ? '::/0' : formatPrefix(destination);
  return metric === 0 ? `${table} ${prefix}` : `${table} ${prefix} metric ${metric}`;
}

/** Whether two routes say the same. What the kernel makes of them at the moment (`isDead`) is not part of it. */
export function sameRoute(a: Route, b: Route): boolean {
  return (
    a === b ||
    (routeKey(a) === routeKey(b) &&
      a.family === b.family &&
      a.type === b.type &&
      a.source === b.source &&
      a.metric === b.metric &&
      a.realm === b.realm &&
      a.protocol === b.protocol &&
      sameNextHop(a, b) &&
      a.nextHops.length === b.nextHops.length &&
      a.nextHops.every((hop, position) => sameNextHop(hop, b.nextHops[position])))
  );
}

function sameNextHop(a: NextHop, b: NextHop | undefined): boolean {
  return a.gateway === b?.gateway && a.dev === b?.dev && a.isOnLink === b?.isOnLink;
}

/** A unicast route over one interface; what is not given is not there. */
export function routeVia(
  parts: Pick<Route, 'table' | 'destination' | 'protocol'> & { readonly dev: string } & Partial<Route>,
): Route {
  return {
    family: 'inet',
    type: 'unicast',
    gateway: undefined,
    source: undefined,
    metric: 0,
    isOnLink: false,
    isDead: false,
    nextHops: [],
    ...parts,
  };
}

/**
 * The routes of all tables and both families, those that are wanted. Those for a type of service are left out: a
 * `Route` cannot say it, and the kernel takes none away for one that does not.
 * @throws NetlinkError
 */
export function readRoutes(socket: NetlinkSocket, isWanted: RouteChoice = () => true): readonly Route[] {
  const names = new Map<number, string | undefined>();
  return [AF_INET, AF_INET6].flatMap((family) => {
    const writer = new MessageWriter();
    const sequence = writer.message(RTM.getRoute, FLAG.dump, () => {
      writer.raw([family, ...new Array<number>(HEADER.route - 1).fill(0)]);
    });
    const messages = wholeListing(socket, 'route show', writer.bytes, sequence, (message) =>
      // A kernel without IPv6 answers with those of the families that it has.
      message.body.readUInt8(0) === family ? copyIf(message, isWanted) : undefined,
    );
    return messages.flatMap((message) => routeIn(message, (index) => nameOf(socket, names, index)) ?? []);
  });
}

/**
 * Asks for a route to be put in the place of one with its key, or taken away. `linkIndex`: its interface's; 0: none.
 * One of several ways can be taken away, and not put.
 */
export function writeRoute(writer: MessageWriter, verb: 'replace' | 'delete', route: Route, linkIndex: number): number {
  const isNew = verb === 'replace';
  const type = isNew ? RTM.newRoute : RTM.deleteRoute;
  const flags = isNew ? FLAG.create | FLAG.replace : 0;
  const { destination, table, type: routeType, gateway, source, metric, protocol, isOnLink, realm } = route;
  const isUnicast = routeType === 'unicast';
  return writer.message(type, flags | FLAG.acknowledge, () => {
    const header = Buffer.alloc(HEADER.route);
    header.writeUInt8(familyNumber(route.family), 0);
    header.writeUInt8(destination.length, 1);
    header.writeUInt8(tableInHeader(table), 4);
    header.writeUInt8(protocol, 5);
    header.writeUInt8(isNew ? scopeOf(route) : RT_SCOPE.nowhere, 6);
    header.writeUInt8(isNew || !isUnicast ? ROUTE_TYPES.indexOf(routeType) : 0, 7);
    header.writeUInt32LE(isOnLink ? RTNH_F.onlink : 0, 8);
    writer.raw(header);
    if (destination.length > 0) writer.bytesAttribute(RTA.destination, addressBytes(destination.address));
    if (gateway !== undefined) writeGateway(writer, route.family, addressBytes(gateway));
    if (source !== undefined) writer.bytesAttribute(RTA.preferredSource, addressBytes(source));
    if (metric !== 0) writer.u32(RTA.priority, metric);
    if (linkIndex !== 0) writer.u32(RTA.outputInterface, linkIndex);
    if (realm !== undefined) writer.u32(RTA.realm, realm);
    if (table > LARGEST_TABLE_IN_HEADER) writer.u32(RTA.table, table);
  });
}

function scopeOf({ type, gateway }: Route): number {
  if (type === 'local') return RT_SCOPE.host;
  return type === 'unicast' && gateway === undefined ? RT_SCOPE.link : RT_SCOPE.universe;
}

/** A gateway of the other family comes with that family before it (`via inet6`). */
function writeGateway(writer: MessageWriter, family: IpFamily, bytes: Uint8Array): void {
  const own = (family === 'inet' ? 4 : 16) === bytes.length;
  if (own) writer.bytesAttribute(RTA.gateway, bytes);
  else
    writer.bytesAttribute(RTA.via, Buffer.concat([Buffer.from([bytes.length === 4 ? AF_INET : AF_INET6, 0]), bytes]));
}

/** As the words of `ip route add`. */
export function formatRoute(route: Route): string {
  const { destination, type, source, table, metric, protocol, isOnLink, family, realm } = route;
  return [
    ...(type === 'unicast' ? [] : [type]),
    formatPrefix(destination),
    ...wordsOfHop(route, family),
    ...(source === undefined ? [] : ['src', source]),
    'table',
    table,
    ...(metric === 0 ? [] : ['metric', metric]),
    'proto',
    protocol,
    ...(realm === undefined ? [] : ['realm', realm]),
    ...(isOnLink ? ['onlink'] : []),
    ...route.nextHops.map((hop) => ['nexthop', ...wordsOfHop(hop, family)].join(' ')),
  ].join(' ');
}

function wordsOfHop({ gateway, dev }: NextHop, family: IpFamily): readonly string[] {
  const isOtherFamily = gateway !== undefined && familyOf(gateway) !== family;
  return [
    ...(gateway === undefined ? [] : ['via', ...(isOtherFamily ? [familyOf(gateway)] : []), gateway]),
    ...(dev === undefined ? [] : ['dev', dev]),
  ];
}

/** A copy, because the buffer is that of every receipt, and names of links are asked for before it is read. */
function copyIf({ type, body, ...rest }: Message, isWanted: RouteChoice): Message | undefined {
  if (type !== RTM.newRoute || (body.readUInt32LE(8) & RTM_F_CLONED) !== 0) return undefined;
  if (body.readUInt8(3) !== 0) return undefined;
  const family = familyName(body.readUInt8(0));
  const routeType = ROUTE_TYPES[body.readUInt8(7)] ?? 'none';
  if (family === undefined) return undefined;
  const header: RouteHeader = { family, type: routeType, table: body.readUInt8(4), protocol: body.readUInt8(5) };
  const linkIndex = (): number | undefined => attributes(body, HEADER.route).get(RTA.outputInterface)?.readUInt32LE();
  if (!isWanted(header, linkIndex)) return undefined;
  return { ...rest, type, body: Buffer.from(body) };
}

function nameOf(socket: NetlinkSocket, names: Map<number, string | undefined>, index: number): string | undefined {
  if (!names.has(index)) names.set(index, readLink(socket, index)?.name);
  return names.get(index);
}

function routeIn({ body }: Message, nameOfLink: (index: number) => string | undefined): Route | undefined {
  const family = familyName(body.readUInt8(0));
  if (family === undefined) return undefined;
  const fields = attributes(body, HEADER.route);
  const source = fields.get(RTA.preferredSource);
  const multipath = fields.get(RTA.multipath);
  const flags = body.readUInt32LE(8);
  return {
    family,
    type: ROUTE_TYPES[body.readUInt8(7)] ?? 'none',
    destination: prefixIn(family, fields.get(RTA.destination), body.readUInt8(1)),
    ...nextHop(fields, fields.get(RTA.outputInterface)?.readUInt32LE(), flags, nameOfLink),
    protocol: body.readUInt8(5),
    metric: fields.get(RTA.priority)?.readUInt32LE() ?? 0,
    ...realmIn(fields),
    source: source === undefined ? undefined : addressText(source),
    table: fields.get(RTA.table)?.readUInt32LE() ?? body.readUInt8(4),
    isDead: (flags & (RTNH_F.dead | RTNH_F.linkdown)) !== 0,
    nextHops: multipath === undefined ? [] : nextHopsIn(multipath, nameOfLink),
  };
}

function realmIn(fields: ReadonlyMap<number, Buffer>): Pick<Route, 'realm'> {
  const realm = fields.get(RTA.realm)?.readUInt32LE();
  return realm === undefined ? {} : { realm };
}

/** Each is a struct rtnexthop and its attributes. */
function nextHopsIn(bytes: Buffer, nameOfLink: (index: number) => string | undefined): readonly NextHop[] {
  const hops: NextHop[] = [];
  for (let start = 0; start + 8 <= bytes.length;) {
    const length = bytes.readUInt16LE(start);
    if (length < 8 || start + length > bytes.length) break;
    const fields = attributes(bytes.subarray(start + 8, start + length));
    hops.push(nextHop(fields, bytes.readInt32LE(start + 4), bytes.readUInt8(start + 2), nameOfLink));
    start += Math.ceil(length / 4) * 4;
  }
  return hops;
}

function nextHop(
  fields: ReadonlyMap<number, Buffer>,
  index: number | undefined,
  flags: number,
  nameOfLink: (index: number) => string | undefined,
): NextHop {
  // A gateway of the other family comes with that family before it.
  const gateway = fields.get(RTA.gateway) ?? fields.get(RTA.via)?.subarray(2);
  return {
    gateway: gateway === undefined ? undefined : addressText(gateway),
    dev: index === undefined ? undefined : nameOfLink(index),
    isOnLink: (flags & RTNH_F.onlink) !== 0,
  };
}
