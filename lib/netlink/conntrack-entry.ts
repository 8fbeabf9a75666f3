import { AF_INET, AF_INET6 } from './ip-address.js';
import { ERRNO } from './netlink-error.js';
import { attributes, inside, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import { refusal } from './wire/listing.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { messageType, NFGENMSG_BYTES, nfgenmsg, NFNL_SUBSYS } from './wire/nfnetlink.js';
import { withSocketInTurn } from './wire/sockets.js';

/** Which tracked flows are meant. */
export interface FlowSelection {
  readonly mark: number;
  /** Which bits of the mark must agree. */
  readonly mask: number;
  readonly namespace?: string | undefined;
  /** Default both. */
  readonly family?: 'ipv4' | 'ipv6';
}

interface MarkedFlows {
  readonly mark: number;
  readonly mask: number;
  /** 0: both. */
  readonly addressFamily: number;
}

const ADDRESS_FAMILIES = { ipv4: AF_INET, ipv6: AF_INET6 } as const;

/** @throws RangeError where mark or mask are no 32-bit numbers. */
function markedFlows({ mark, mask, family }: FlowSelection): MarkedFlows {
  for (const [name, value] of Object.entries({ mark, mask })) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
      throw new RangeError(`${name} ${value} is no 32-bit number`);
    }
  }
  return { mark, mask, addressFamily: family === undefined ? 0 : ADDRESS_FAMILIES[family] };
}

/** One direction of a flow, as its packets are addressed. */
export interface FlowTuple {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** How far a TCP session has come, as the kernel's tracker sees it. */
export type TcpState = (typeof tcpStates)[number];

/** In the order of linux/netfilter/nf_conntrack_tcp.h. */
const tcpStates = [
  'none',
  'syn-sent',
  'syn-received',
  'established',
  'fin-wait',
  'close-wait',
  'last-ack',
  'time-wait',
  'closed',
] as const;

/** A flow over IPv4 that the kernel tracks. */
export interface TrackedFlow {
  /** Number in IP. */
  readonly protocol: number;
  /** As it began, before any translation. Ports are 0 where the protocol has none. */
  readonly original: FlowTuple;
  /** As its answers come in. */
  readonly reply: FlowTuple;
  readonly mark: number;
}

/** A TCP session over IPv4 that the kernel tracks. */
export interface TcpFlow {
  /** As it began, before any translation. */
  readonly original: FlowTuple;
  /** As its answers come in. */
  readonly reply: FlowTuple;
  readonly state: TcpState;
  readonly mark: number;
}

/** Enough to delete one flow and no other: the attributes that the kernel told it by. */
interface Handle {
  readonly addressFamily: number;
  readonly original: Buffer;
  readonly id: Buffer | undefined;
  /** Of both directions; one that holds for the original alone is told in `original`. */
  readonly zone: Buffer | undefined;
}

const IPCTNL_MSG_CT = { get: 1, delete: 2 } as const;
const CTA = {
  original: 1,
  reply: 2,
  status: 3,
  protocolInfo: 4,
  mark: 8,
  id: 12,
  zone: 18,
  markMask: 21,
  statusMask: 26,
} as const;
const CTA_TUPLE = { ip: 1, protocol: 2 } as const;
const CTA_IP = { v4Source: 1, v4Destination: 2 } as const;
const CTA_PROTO = { number: 1, sourcePort: 2, destinationPort: 3 } as const;
const CTA_PROTOINFO_TCP = 1;
const CTA_PROTOINFO_TCP_STATE = 1;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
/** linux/netfilter/nf_conntrack_common.h */
const IPS_SEEN_REPLY = 1 << 1;
const IPS_DST_NAT = 1 << 5;
const NESTED = 0x8000;

/** A flow takes a few microseconds to delete by itself; beyond so many, another walk through the table is quicker. */
const DELETED_ONE_BY_ONE = 2_000;
/** Of so many flows the caller is told; and so many are looked through for them, at some microseconds each. */
const MOST_TOLD = 2_000;
const MOST_LOOKED_AT = 10_000;
/** Acknowledgements that fit into a socket. */
const REQUESTS_AT_ONCE = 64;

/** How many flows there are. @throws NetlinkError, RangeError */
export async function countFlowsByMark(selection: FlowSelection): Promise<number> {
  const which = markedFlows(selection);
  return withSocketInTurn('conntrack', selection.namespace, async (socket) => {
    let count = 0;
    await list(socket, which, () => (count += 1));
    return count;
  });
}

/** Ends a listing of which enough is known. */
class Enough extends Error {}

/** The first 2,000 TCP sessions over IPv4 among the first 10,000 of the flows. @throws NetlinkError, RangeError */
export async function readTcpFlowsByMark(selection: FlowSelection): Promise<readonly TcpFlow[]> {
  const which = markedFlows({ ...selection, family: 'ipv4' });
  const flows: TcpFlow[] = [];
  let lookedAt = 0;
  try {
    await withSocketInTurn('conntrack', selection.namespace, (socket) =>
      list(socket, which, (message) => {
        const flow = tcpFlowIn(message);
        if (flow !== undefined) flows.push(flow);
        lookedAt += 1;
        // The socket is closed with answers in it that nobody reads; the kernel stops making more.
        if (flows.length === MOST_TOLD || lookedAt === MOST_LOOKED_AT) throw new Enough();
      }),
    );
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return flows;
}

/**
 * Deletes the flows and answers how many there were; `onTcpFlow` hears of the first 2,000 TCP ones over IPv4 among the
 * first 10,000. The kernel walks through its whole table, which takes 12 ms where that has 262,144 rows, however few
 * flows are in it; so it does that in another thread, and once.
 */
export async function deleteFlowsByMark(
  selection: FlowSelection,
  onTcpFlow?: (flow: TcpFlow) => void,
): Promise<number> {
  const which = markedFlows(selection);
  return withSocketInTurn('conntrack', selection.namespace, async (socket) => {
    const handles: Handle[] = [];
    const flows: TcpFlow[] = [];
    let count = 0;
    await list(socket, which, (message) => {
      count += 1;
      if (count <= DELETED_ONE_BY_ONE) handles.push(handleOf(message));
      if (onTcpFlow === undefined || flows.length === MOST_TOLD || count > MOST_LOOKED_AT) return;
      const flow = tcpFlowIn(message);
      if (flow !== undefined) flows.push(flow);
    });
    // Not before: whoever hears of them may ask the kernel something, and there is one buffer for its answers.
    if (onTcpFlow !== undefined) for (const flow of flows) onTcpFlow(flow);
    if (count > DELETED_ONE_BY_ONE) await flush(socket, which);
    else deleteEach(socket, handles);
    return count;
  });
}

/**
 * Deletes those UDP flows over IPv4 that nobody has answered, whose destination nobody has translated, and that
 * `isMeant` picks by how they began; answers how many. It looks at 10,000; a newer kernel leaves the answered ones out
 * by itself. @throws NetlinkError
 */
export async function deleteUntranslatedFlows(
  isMeant: (original: FlowTuple) => boolean,
  namespace?: string,
): Promise<number> {
  return withSocketInTurn('conntrack', namespace, async (socket) => {
    const handles: Handle[] = [];
    let lookedAt = 0;
    const writer = new MessageWriter();
    const sequence = writer.message(messageType(NFNL_SUBSYS.conntrack, IPCTNL_MSG_CT.get), FLAG.dump, () => {
      writer.raw(nfgenmsg(AF_INET));
      writer.u32be(CTA.status, 0);
      writer.u32be(CTA.statusMask, IPS_SEEN_REPLY | IPS_DST_NAT);
    });
    await socket.sendElsewhere(writer.bytes);
    const { error } = socket.listed(sequence, (message) => {
      lookedAt += 1;
      if (lookedAt > MOST_LOOKED_AT) return;
      const original = untranslatedIn(message);
      if (original !== undefined && isMeant(original)) handles.push(handleOf(message));
    });
    if (error !== undefined) throw refusal('list flows', error);
    deleteEach(socket, handles);
    return handles.length;
  });
}

/**
 * Deletes the flows over IPv4 that `isMeant` picks, and answers how many; `onTcpFlow` hears of the first 2,000 TCP
 * ones. Every flow of the kernel is looked at, at some microseconds each. @throws NetlinkError
 */
export async function deleteFlows(
  isMeant: (flow: TrackedFlow) => boolean,
  options: { readonly namespace?: string | undefined; readonly onTcpFlow?: (flow: TcpFlow) => void } = {},
): Promise<number> {
  return withSocketInTurn('conntrack', options.namespace, async (socket) => {
    const handles: Handle[] = [];
    const told: TcpFlow[] = [];
    await list(socket, { mark: 0, mask: 0, addressFamily: AF_INET }, (message) => {
      const flow = trackedFlowIn(message);
      if (flow === undefined || !isMeant(flow)) return;
      handles.push(handleOf(message));
      const tcp = told.length < MOST_TOLD ? tcpFlowIn(message) : undefined;
      if (tcp !== undefined) told.push(tcp);
    });
    deleteEach(socket, handles);
    for (const flow of told) options.onTcpFlow?.(flow);
    return handles.length;
  });
}

/** Undefined: it is none over IPv4. */
export function trackedFlowIn({ body }: Message): TrackedFlow | undefined {
  const flow = attributes(body, NFGENMSG_BYTES);
  const original = inside(flow, CTA.original);
  const protocol = inside(original, CTA_TUPLE.protocol).get(CTA_PROTO.number)?.readUInt8();
  const [begun, answered] = [tupleIn(original), tupleIn(inside(flow, CTA.reply))];
  if (protocol === undefined || begun === undefined || answered === undefined) return undefined;
  return { protocol, original: begun, reply: answered, mark: flow.get(CTA.mark)?.readUInt32BE() ?? 0 };
}

/** How an unanswered, untranslated UDP flow began; undefined: it is none. */
function untranslatedIn({ body }: Message): FlowTuple | undefined {
  const flow = attributes(body, NFGENMSG_BYTES);
  const status = flow.get(CTA.status)?.readUInt32BE() ?? IPS_SEEN_REPLY;
  if ((status & (IPS_SEEN_REPLY | IPS_DST_NAT)) !== 0) return undefined;
  const original = inside(flow, CTA.original);
  if (inside(original, CTA_TUPLE.protocol).get(CTA_PROTO.number)?.readUInt8() !== IPPROTO_UDP) return undefined;
  return tupleIn(original);
}

async function list(socket: NetlinkSocket, which: MarkedFlows, take: (message: Message) => void): Promise<void> {
  const writer = new MessageWriter();
  const sequence = marked(writer, IPCTNL_MSG_CT.get, FLAG.dump, which);
  await socket.sendElsewhere(writer.bytes);
  const { error } = socket.listed(sequence, take);
  if (error !== undefined) throw refusal('list flows', error);
}

async function flush(socket: NetlinkSocket, which: MarkedFlows): Promise<void> {
  const writer = new MessageWriter();
  const sequence = marked(writer, IPCTNL_MSG_CT.delete, FLAG.acknowledge, which);
  await socket.sendElsewhere(writer.bytes);
  const error = socket.settled(sequence).get(sequence);
  if (error !== undefined) throw refusal('delete flows', error);
}

/** One that has ended meanwhile is no failure. */
function deleteEach(socket: NetlinkSocket, handles: readonly Handle[]): void {
  for (let first = 0; first < handles.length; first += REQUESTS_AT_ONCE) {
    const writer = new MessageWriter();
    const sequences = handles.slice(first, first + REQUESTS_AT_ONCE).map(({ addressFamily, original, id, zone }) =>
      writer.message(messageType(NFNL_SUBSYS.conntrack, IPCTNL_MSG_CT.delete), FLAG.acknowledge, () => {
        writer.raw(nfgenmsg(addressFamily));
        writer.bytesAttribute(CTA.original | NESTED, original);
        if (id !== undefined) writer.bytesAttribute(CTA.id, id);
        if (zone !== undefined) writer.bytesAttribute(CTA.zone, zone);
      }),
    );
    const errors = [...socket.acknowledged(writer.bytes, sequences.at(-1) ?? 0).values()];
    const error = errors.find(({ errno }) => errno !== ERRNO.noEntry);
    if (error !== undefined) throw refusal('delete a flow', error);
  }
}

function marked(writer: MessageWriter, type: number, flags: number, which: MarkedFlows): number {
  return writer.message(messageType(NFNL_SUBSYS.conntrack, type), flags, () => {
    // Version 1 makes a deletion honour the family (ctnetlink_del_conntrack).
    writer.raw(nfgenmsg(which.addressFamily, which.addressFamily === 0 ? 0 : 1));
    writer.u32be(CTA.mark, which.mark);
    writer.u32be(CTA.markMask, which.mask);
  });
}

function handleOf({ body }: Message): Handle {
  const flow = attributes(body, NFGENMSG_BYTES);
  const [original, id, zone] = [flow.get(CTA.original), flow.get(CTA.id), flow.get(CTA.zone)];
  return {
    addressFamily: body.readUInt8(0),
    // Copies: the buffer is that of every receipt.
    original: Buffer.from(original ?? []),
    id: id === undefined ? undefined : Buffer.from(id),
    zone: zone === undefined ? undefined : Buffer.from(zone),
  };
}

/** Undefined: no TCP session over IPv4. */
export function tcpFlowIn({ body }: Message): TcpFlow | undefined {
  const flow = attributes(body, NFGENMSG_BYTES);
  const original = inside(flow, CTA.original);
  if (inside(original, CTA_TUPLE.protocol).get(CTA_PROTO.number)?.readUInt8() !== IPPROTO_TCP) return undefined;
  const [begun, answered] = [tupleIn(original), tupleIn(inside(flow, CTA.reply))];
  if (begun === undefined || answered === undefined) return undefined;
  const tcp = inside(inside(flow, CTA.protocolInfo), CTA_PROTOINFO_TCP);
  return {
    original: begun,
    reply: answered,
    state: tcpStates[tcp.get(CTA_PROTOINFO_TCP_STATE)?.readUInt8() ?? 0] ?? 'none',
    mark: flow.get(CTA.mark)?.readUInt32BE() ?? 0,
  };
}

function tupleIn(tuple: ReadonlyMap<number, Buffer>): FlowTuple | undefined {
  const addresses = inside(tuple, CTA_TUPLE.ip);
  const ports = inside(tuple, CTA_TUPLE.protocol);
  const source = addresses.get(CTA_IP.v4Source);
  const destination = addresses.get(CTA_IP.v4Destination);
  if (source === undefined || destination === undefined) return undefined;
  return {
    source: source.join('.'),
    destination: destination.join('.'),
    sourcePort: ports.get(CTA_PROTO.sourcePort)?.readUInt16BE() ?? 0,
    destinationPort: ports.get(CTA_PROTO.destinationPort)?.readUInt16BE() ?? 0,
  };
}
