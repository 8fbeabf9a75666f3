import { attributes, inside, text, type Message } from './message-reader.js';
import { FLAG, MessageWriter } from './message-writer.js';
import { isKernelError, type NetlinkSocket } from './netlink-socket.js';
import { refused, wholeListing } from './refusals.js';
import { HEADER, IFLA, IFLA_INFO_KIND, RTM } from './rtnetlink.js';

/** A link with the fields of `ip -j -d link show` that ip-json/links.ts reads. */
export interface LinkObject {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly operstate: string;
  readonly mtu: number;
  readonly address?: string;
  readonly ifalias?: string;
  readonly linkinfo?: { readonly info_kind: string };
}

const IFF = { up: 0x1, running: 0x40, lowerUp: 0x10000 } as const;
const ENODEV = 19;
/** Without counters, which nobody here asks for. */
const RTEXT_FILTER_SKIP_STATS = 8;

/** RFC 2863, in the order of linux/if.h's IF_OPER_*. */
const operStates = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];

/** The link of that name or index; undefined where there is none. */
export function readLink(socket: NetlinkSocket, which: string | number): LinkObject | undefined {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getLink, 0, () => {
    writer.raw(header(typeof which === 'number' ? which : 0));
    if (typeof which === 'string') writer.string(IFLA.name, which);
    writer.u32(IFLA.extendedMask, RTEXT_FILTER_SKIP_STATS);
  });
  const answer = socket.ask(writer.bytes, sequence);
  if (!isKernelError(answer)) return linkIn(answer);
  if (answer.errno === ENODEV) return undefined;
  throw refused(`link show ${which}`, answer);
}

/** Every link. */
export function readLinks(socket: NetlinkSocket): readonly LinkObject[] {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getLink, FLAG.dump, () => {
    writer.raw(header(0));
    writer.u32(IFLA.extendedMask, RTEXT_FILTER_SKIP_STATS);
  });
  return wholeListing(socket, 'link show', writer.bytes, sequence, linkIn);
}

function header(index: number): Uint8Array {
  const bytes = Buffer.alloc(HEADER.link);
  bytes.writeInt32LE(index, 4);
  return bytes;
}

function linkIn({ type, body }: Message): LinkObject | undefined {
  if (type !== RTM.newLink) return undefined;
  const fields = attributes(body, HEADER.link);
  const name = fields.get(IFLA.name);
  if (name === undefined) return undefined;
  const address = fields.get(IFLA.address);
  const alias = fields.get(IFLA.alias);
  const kind = inside(fields, IFLA.linkInfo).get(IFLA_INFO_KIND);
  return {
    ifindex: body.readInt32LE(4),
    ifname: text(name),
    flags: flagNames(body.readUInt32LE(8)),
    operstate: operStates[fields.get(IFLA.operState)?.readUInt8() ?? 0] ?? 'UNKNOWN',
    mtu: fields.get(IFLA.mtu)?.readUInt32LE() ?? 0,
    ...(address === undefined ? {} : { address: hardwareAddress(address) }),
    ...(alias === undefined ? {} : { ifalias: text(alias) }),
    ...(kind === undefined ? {} : { linkinfo: { info_kind: text(kind) } }),
  };
}

/** Those that somebody here asks for. */
function flagNames(flags: number): readonly string[] {
  const isUp = (flags & IFF.up) !== 0;
  return [
    ...(isUp && (flags & IFF.running) === 0 ? ['NO-CARRIER'] : []),
    ...(isUp ? ['UP'] : []),
    ...((flags & IFF.lowerUp) !== 0 ? ['LOWER_UP'] : []),
  ];
}

function hardwareAddress(bytes: Buffer): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
