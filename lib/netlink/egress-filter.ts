import { INSTRUCTION_BYTES, programOf, refusedBy, type EgressFilter } from '../egress-filter/index.js';
import { readLink } from './link.js';
import { attributes, inside, text, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { wholeListing } from './wire/listing.js';
import { HEADER, RTM, TCA, TCA_BPF } from './wire/rtnetlink.js';

/** Asks for what filters of `interfaceIndex` live in. The kernel refuses where it is there (EEXIST). */
export function writeClsactAdd(writer: MessageWriter, interfaceIndex: number): number {
  return writer.message(RTM.newQdisc, FLAG.create | FLAG.exclusive | FLAG.acknowledge, () => {
    writer.raw(header({ interfaceIndex, handle: CLSACT_HANDLE, parent: CLSACT_PARENT }));
    writer.string(TCA.kind, 'clsact');
  });
}

/** Asks for its end, and for that of whatever filters are left in it. */
export function writeClsactDelete(writer: MessageWriter, interfaceIndex: number): number {
  return writer.message(RTM.deleteQdisc, FLAG.acknowledge, () => {
    writer.raw(header({ interfaceIndex, handle: CLSACT_HANDLE, parent: CLSACT_PARENT }));
  });
}

/**
 * Asks for the filter, in place of the one with its key where there is one: at no moment is there none.
 * @throws RangeError where it has no ranges or too many, or a text is no address.
 */
export function writeEgressFilter(writer: MessageWriter, filter: EgressFilter, interfaceIndex: number): number {
  const program = programOf(filter.refusedSources);
  return writer.message(RTM.newFilter, FLAG.create | FLAG.replace | FLAG.acknowledge, () => {
    writer.raw(filterHeader(filter, interfaceIndex));
    writer.string(TCA.kind, 'bpf');
    writer.nested(TCA.options, () => {
      writer.u16(TCA_BPF.instructionCount, program.length / INSTRUCTION_BYTES);
      writer.bytesAttribute(TCA_BPF.instructions, program);
      writer.u32(TCA_BPF.flags, DIRECT_ACTION);
    });
  });
}

export function writeEgressFilterDelete(
  writer: MessageWriter,
  filter: Omit<EgressFilter, 'refusedSources'>,
  interfaceIndex: number,
): number {
  return writer.message(RTM.deleteFilter, FLAG.acknowledge, () => {
    writer.raw(filterHeader(filter, interfaceIndex));
    writer.string(TCA.kind, 'bpf');
  });
}

/**
 * Filters of a preference, on every interface. Where somebody has put another program in the place of one, it refuses
 * nothing. @throws NetlinkError
 */
export function readEgressFilters(socket: NetlinkSocket, preference: number): readonly EgressFilter[] {
  return interfacesWithClsact(socket).flatMap((interfaceIndex) => {
    const writer = new MessageWriter();
    const sequence = writer.message(RTM.getFilter, FLAG.dump, () => {
      writer.raw(header({ interfaceIndex, parent: EGRESS_PARENT }));
    });
    const found = wholeListing(socket, 'filter show', writer.bytes, sequence, egressFilterIn).filter(
      (filter) => filter.preference === preference,
    );
    if (found.length === 0) return [];
    const dev = readLink(socket, interfaceIndex)?.name;
    return dev === undefined ? [] : found.map((filter) => ({ ...filter, dev }));
  });
}

/** Whether any filter is left, of whomever, on what comes in or leaves by the interface. @throws NetlinkError */
export function hasFilters(socket: NetlinkSocket, interfaceIndex: number): boolean {
  return [EGRESS_PARENT, INGRESS_PARENT].some((parent) => {
    const writer = new MessageWriter();
    const sequence = writer.message(RTM.getFilter, FLAG.dump, () => {
      writer.raw(header({ interfaceIndex, parent }));
    });
    return wholeListing(socket, 'filter show', writer.bytes, sequence, ({ type }) => type).includes(RTM.newFilter);
  });
}

function interfacesWithClsact(socket: NetlinkSocket): readonly number[] {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getQdisc, FLAG.dump, () => {
    writer.raw(header({ interfaceIndex: 0 }));
  });
  return wholeListing(socket, 'qdisc show', writer.bytes, sequence, ({ type, body }) => {
    if (type !== RTM.newQdisc || body.readUInt32LE(HEADER_AT.parent) !== CLSACT_PARENT) return undefined;
    const kind = attributes(body, HEADER.trafficControl).get(TCA.kind);
    return kind !== undefined && text(kind) === 'clsact' ? body.readInt32LE(HEADER_AT.interfaceIndex) : undefined;
  });
}

/** Undefined: of another kind, or what the kernel tells before the filters of a preference. */
export function egressFilterIn({ type, body }: Message): Omit<EgressFilter, 'dev'> | undefined {
  if (type !== RTM.newFilter) return undefined;
  const fields = attributes(body, HEADER.trafficControl);
  const kind = fields.get(TCA.kind);
  const handle = body.readUInt32LE(HEADER_AT.handle);
  if (kind === undefined || text(kind) !== 'bpf' || handle === 0) return undefined;
  const options = inside(fields, TCA.options);
  const isDirect = ((options.get(TCA_BPF.flags)?.readUInt32LE() ?? 0) & DIRECT_ACTION) !== 0;
  return {
    preference: body.readUInt32LE(HEADER_AT.info) >>> 16,
    handle,
    refusedSources: isDirect ? refusedBy(options.get(TCA_BPF.instructions)) : [],
  };
}

/** linux/pkt_sched.h: TC_H_CLSACT, its handle, and what it has for filters. */
const CLSACT_PARENT = 0xffff_fff1;
const CLSACT_HANDLE = 0xffff_0000;
const EGRESS_PARENT = 0xffff_fff3;
const INGRESS_PARENT = 0xffff_fff2;
/** linux/if_ether.h, ETH_P_IP: the only packets that the filter is asked about. */
const IPV4 = 0x0800;
/** linux/pkt_cls.h, TCA_BPF_FLAG_ACT_DIRECT: what the program answers is what is done. */
const DIRECT_ACTION = 1;

/** Of struct tcmsg. */
const HEADER_AT = { interfaceIndex: 4, handle: 8, parent: 12, info: 16 } as const;

function header(fields: {
  readonly interfaceIndex: number;
  readonly handle?: number;
  readonly parent?: number;
  readonly info?: number;
}): Uint8Array {
  const bytes = Buffer.alloc(HEADER.trafficControl);
  bytes.writeInt32LE(fields.interfaceIndex, HEADER_AT.interfaceIndex);
  for (const name of ['handle', 'parent', 'info'] as const) bytes.writeUInt32LE(fields[name] ?? 0, HEADER_AT[name]);
  return bytes;
}

function filterHeader(
  { preference, handle }: Pick<EgressFilter, 'preference' | 'handle'>,
  interfaceIndex: number,
): Uint8Array {
  // The protocol is in network byte order.
  const protocol = ((IPV4 & 0xff) << 8) | (IPV4 >> 8);
  const info = ((preference << 16) | protocol) >>> 0;
  return header({ interfaceIndex, handle, parent: EGRESS_PARENT, info });
}
