import {
  chainOfJump,
  elementBytes,
  formatParts,
  jumpTo,
  partsIn,
  type ElementPart,
  type ElementType,
} from './element-parts.js';
import { NetlinkError, ERRNO } from './netlink-error.js';
import { attributesIn, attributes, inside, text, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { messageType, NFGENMSG_BYTES, nfgenmsg, NFNL_SUBSYS, NFPROTO, type NftFamily } from './wire/nfnetlink.js';
import { wholeListing } from './wire/listing.js';
import { withSocket } from './wire/sockets.js';

/** An element of an nft set or map. */
export interface SetElement {
  readonly key: readonly ElementPart[];
  /** Empty: of a set, not of a map. */
  readonly value: readonly ElementPart[];
  /** When the kernel takes it out by itself, in milliseconds of CLOCK_BOOTTIME; undefined: never. */
  readonly endsAtBoottimeMs?: number;
}

/** Elements of one set, by `elementKey`. */
export type SetElements = ReadonlyMap<string, SetElement>;

/** Of what type the elements of a set are. */
export interface ElementTypes {
  readonly key: readonly ElementType[];
  /** Absent: a set, not a map. */
  readonly value?: readonly ElementType[] | undefined;
}

/** Where a set is. */
export interface SetPlace {
  readonly family: NftFamily;
  readonly table: string;
  readonly set: string;
}

/** What changes in one set or map. Elements are deleted before any is added. */
export interface SetChange extends ElementTypes {
  readonly set: string;
  readonly deleted: readonly SetElement[];
  readonly added: readonly SetElement[];
}

export interface SetChanges {
  readonly family: NftFamily;
  readonly table: string;
  readonly changes: readonly SetChange[];
  /** CLOCK_BOOTTIME now: the kernel counts from when it is told. */
  readonly boottimeMs: number;
  readonly namespace?: string | undefined;
}

/** What an element has counted since it was made. */
export interface ElementCount {
  readonly packets: number;
  readonly bytes: number;
}

/** More than these in one transaction would not fit into a socket's buffer: they are for `nft -f`. */
export const MOST_ELEMENTS = 20_000;

const NFNL_MSG_BATCH = { begin: 0x10, end: 0x11 } as const;
const NFT_MSG = { newSetElement: 12, getSetElement: 13, deleteSetElement: 14 } as const;
const NFTA_SET_ELEM_LIST = { table: 1, set: 2, elements: 3 } as const;
const NFTA_SET_ELEM = { key: 1, data: 2, timeout: 4, expiration: 5, expression: 7, expressions: 11 } as const;
const NFTA_LIST_ELEM = 1;
const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT = { code: 1, chain: 2 } as const;
/** linux/netfilter/nf_tables.h, NFT_JUMP: -3. */
const NFT_JUMP = 0xffff_fffd;
const NFTA_EXPR = { name: 1, data: 2 } as const;
const NFTA_COUNTER = { bytes: 1, packets: 2 } as const;

/** The list of a message is an attribute, of at most 64 KiB; an element takes up to 100 bytes. */
const ELEMENTS_AT_ONCE = 500;
/** What fits into a socket as it is. */
const SMALL_BYTES = 64 * 1024;
/** Of an element list that an error repeats. */
const ELEMENTS_IN_ERROR = 3;

/**
 * How far apart the kernel's and our idea of an element's end may be: it counts in ticks, and a reading takes its time.
 */
const END_TOLERANCE_MS = 2_000;

/** Elements of one set with the same key replace each other. */
export function elementKey(key: readonly ElementPart[]): string {
  return key.join(' ');
}

/** An element. @param value none: of a set. */
export function element(
  key: readonly ElementPart[],
  value: readonly ElementPart[] = [],
  endsAtBoottimeMs?: number,
): SetElement {
  return endsAtBoottimeMs === undefined ? { key, value } : { key, value, endsAtBoottimeMs };
}

/** Whether two elements say the same; ends may differ by what reading them costs. */
export function sameElement(a: SetElement | undefined, b: SetElement | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  if (!sameParts(a.key, b.key) || !sameParts(a.value, b.value)) return false;
  const [endA, endB] = [a.endsAtBoottimeMs, b.endsAtBoottimeMs];
  if (endA === undefined || endB === undefined) return endA === endB;
  return Math.abs(endA - endB) <= END_TOLERANCE_MS;
}

function sameParts(a: readonly ElementPart[], b: readonly ElementPart[]): boolean {
  return a.length === b.length && a.every((part, position) => part === b[position]);
}

/**
 * Changes elements of sets and maps in one transaction: all of it, or nothing. 0.1 ms for a few elements; done when
 * this returns. Those that are deleted and would end by themselves may be gone already.
 * @throws NetlinkError with the kernel's word for each list of elements that it refused; RangeError where an element is
 * not of its set's types.
 */
export function changeSetElements(change: SetChanges): void {
  const writer = new MessageWriter();
  const sent = new Map<number, string>();
  batchEdge(writer, NFNL_MSG_BATCH.begin);
  for (const list of change.changes.flatMap(listsOf)) sent.set(writeList(writer, change, list), describe(change, list));
  batchEdge(writer, NFNL_MSG_BATCH.end);
  const last = [...sent.keys()].at(-1);
  if (last === undefined) return;
  const errors = withSocket('nftables', change.namespace, (socket) => {
    if (writer.bytes.length > SMALL_BYTES) socket.enlarge();
    return socket.acknowledged(writer.bytes, last);
  });
  const [first] = errors.values();
  if (first === undefined) return;
  const refused = [...errors].map(
    ([sequence, { text }]) => `${text}: ${sent.get(sequence) ?? `table ${change.table}`}`,
  );
  throw new NetlinkError('nft', refused.join('\n'), { errno: first.errno });
}

/** Empties sets, in one transaction; none of them may be missing. @throws NetlinkError */
export function flushSets(
  places: readonly SetPlace[],
  { namespace }: { readonly namespace?: string | undefined } = {},
): void {
  const writer = new MessageWriter();
  const sent = new Map<number, SetPlace>();
  batchEdge(writer, NFNL_MSG_BATCH.begin);
  for (const place of places) {
    // A deletion without elements is of all of them (nf_tables_delsetelem).
    const type = messageType(NFNL_SUBSYS.nftables, NFT_MSG.deleteSetElement);
    const sequence = writer.message(type, FLAG.acknowledge, () => {
      writer.raw(nfgenmsg(NFPROTO[place.family]));
      writer.string(NFTA_SET_ELEM_LIST.table, place.table);
      writer.string(NFTA_SET_ELEM_LIST.set, place.set);
    });
    sent.set(sequence, place);
  }
  batchEdge(writer, NFNL_MSG_BATCH.end);
  const last = [...sent.keys()].at(-1);
  if (last === undefined) return;
  const [failure] = withSocket('nftables', namespace, (socket) => socket.acknowledged(writer.bytes, last));
  if (failure === undefined) return;
  const [sequence, { text: reason, errno }] = failure;
  const set = sent.get(sequence)?.set ?? '';
  throw new NetlinkError('nft', `${reason}: flush set ${set}`, { errno });
}

/**
 * The elements of a set; undefined where table or set is missing. `boottimeMs`: CLOCK_BOOTTIME now. @throws
 * NetlinkError
 */
export function readSetElements(
  socket: NetlinkSocket,
  place: SetPlace,
  types: ElementTypes,
  boottimeMs: number,
): SetElements | undefined {
  const elements = listElements(socket, place, (attributesOf) => elementIn(types, attributesOf, boottimeMs));
  return elements === undefined ? undefined : new Map(elements.map((one) => [elementKey(one.key), one]));
}

/** Undefined: not of these types. */
function elementIn(
  types: ElementTypes,
  attributesOf: ReadonlyMap<number, Buffer>,
  boottimeMs: number,
): SetElement | undefined {
  const key = partsIn(types.key, inside(attributesOf, NFTA_SET_ELEM.key).get(NFTA_DATA_VALUE));
  const value = types.value === undefined ? [] : valueIn(types.value, inside(attributesOf, NFTA_SET_ELEM.data));
  if (key === undefined || value === undefined) return undefined;
  const leftMs = attributesOf.get(NFTA_SET_ELEM.expiration)?.readBigUInt64BE();
  return element(key, value, leftMs === undefined ? undefined : boottimeMs + Number(leftMs));
}

/** An element of a set that counts: its key, and what it has counted. */
export interface CountedElement extends ElementCount {
  readonly key: readonly ElementPart[];
}

/**
 * What the elements of a set have counted, whatever their keys are; undefined where the table or the set is missing.
 * @throws NetlinkError
 */
export function readCountedElements(
  place: SetPlace & { readonly key: readonly ElementType[]; readonly namespace?: string | undefined },
): readonly CountedElement[] | undefined {
  return withSocket('nftables', place.namespace, (socket) =>
    listElements(socket, place, (attributesOf): CountedElement | undefined => {
      const key = partsIn(place.key, inside(attributesOf, NFTA_SET_ELEM.key).get(NFTA_DATA_VALUE));
      const count = counterOf(attributesOf);
      return key === undefined || count === undefined ? undefined : { key, ...count };
    }),
  );
}

function valueIn(types: readonly ElementType[], data: ReadonlyMap<number, Buffer>): readonly ElementPart[] | undefined {
  if (types[0] !== 'verdict') return partsIn(types, data.get(NFTA_DATA_VALUE));
  const given = inside(data, NFTA_DATA_VERDICT);
  const chain = given.get(NFTA_VERDICT.chain);
  return given.get(NFTA_VERDICT.code)?.readUInt32BE() === NFT_JUMP && chain !== undefined
    ? [jumpTo(text(chain))]
    : undefined;
}

/**
 * The counters of the elements of a set of interface names, by name: some 40 us for a few elements, so that they may be
 * asked for many times a second. Undefined where the table or the set is missing.
 * @throws NetlinkError where the kernel refuses otherwise, or cannot be asked from here.
 */
export function readSetCounters(
  place: SetPlace & { readonly namespace?: string | undefined },
): ReadonlyMap<string, ElementCount> | undefined {
  return withSocket('nftables', place.namespace, (socket) => {
    const counts = listElements(socket, place, (attributesOf): readonly [string, ElementCount] | undefined => {
      const key = inside(attributesOf, NFTA_SET_ELEM.key).get(NFTA_DATA_VALUE);
      const count = counterOf(attributesOf);
      return key === undefined || count === undefined ? undefined : [text(key), count];
    });
    return counts === undefined ? undefined : new Map(counts);
  });
}

/** As nft writes an element to be added; one that ends by itself with the time it has left. */
export function formatElement(
  types: ElementTypes,
  { key, value, endsAtBoottimeMs }: SetElement,
  boottimeMs = 0,
): string {
  return [
    formatParts(types.key, key),
    ...(endsAtBoottimeMs === undefined ? [] : [`timeout ${leftOf(endsAtBoottimeMs, boottimeMs)}ms`]),
    ...(types.value === undefined ? [] : [`: ${formatParts(types.value, value)}`]),
  ].join(' ');
}

/** One tick of a kernel that counts 100 a second, the slowest that there is. */
const SHORTEST_TIMEOUT_MS = 10;

/**
 * What has ended meanwhile ends at once. Kernels before 6.12 take less than a tick for no end at all
 * (nf_msecs_to_jiffies64).
 */
function leftOf(endsAtBoottimeMs: number, boottimeMs: number): number {
  return Math.max(SHORTEST_TIMEOUT_MS, Math.round(endsAtBoottimeMs - boottimeMs));
}

/** What `parse` makes of each element that it makes something of; undefined where table or set is missing. */
export function listElements<T>(
  socket: NetlinkSocket,
  { family, table, set }: SetPlace,
  parse: (element: ReadonlyMap<number, Buffer>) => T | undefined,
): readonly T[] | undefined {
  const writer = new MessageWriter();
  const sequence = writer.message(messageType(NFNL_SUBSYS.nftables, NFT_MSG.getSetElement), FLAG.dump, () => {
    writer.raw(nfgenmsg(NFPROTO[family]));
    writer.string(NFTA_SET_ELEM_LIST.table, table);
    writer.string(NFTA_SET_ELEM_LIST.set, set);
  });
  try {
    return wholeListing(socket, `list set ${family} ${table} ${set}`, writer.bytes, sequence, (message) =>
      Array.from(elementsOf(message), parse).filter((parsed) => parsed !== undefined),
    ).flat();
  } catch (error) {
    if (error instanceof NetlinkError && error.errno === ERRNO.noEntry) return undefined;
    throw error;
  }
}

function* elementsOf({ body }: Message): Generator<ReadonlyMap<number, Buffer>, void, undefined> {
  const list = attributes(body, NFGENMSG_BYTES).get(NFTA_SET_ELEM_LIST.elements);
  if (list === undefined) return;
  for (const [type, bytes] of attributesIn(list)) if (type === NFTA_LIST_ELEM) yield attributes(bytes);
}

/** The counter among an element's expressions: the kernel writes one by itself, or several as a list. */
function counterOf(attributesOf: ReadonlyMap<number, Buffer>): ElementCount | undefined {
  const single = attributesOf.get(NFTA_SET_ELEM.expression);
  const several = attributesOf.get(NFTA_SET_ELEM.expressions);
  const expressions =
    single !== undefined ? [single] : Array.from(attributesIn(several ?? Buffer.alloc(0)), ([, one]) => one);
  for (const bytes of expressions) {
    const expression = attributes(bytes);
    const name = expression.get(NFTA_EXPR.name);
    if (name === undefined || text(name) !== 'counter') continue;
    const data = inside(expression, NFTA_EXPR.data);
    return { packets: u64(data.get(NFTA_COUNTER.packets)), bytes: u64(data.get(NFTA_COUNTER.bytes)) };
  }
  return undefined;
}

function u64(value: Buffer | undefined): number {
  return value === undefined ? 0 : Number(value.readBigUInt64BE());
}

/** What one message carries. */
interface ElementList {
  readonly verb: 'add' | 'delete';
  readonly change: SetChange;
  readonly elements: readonly SetElement[];
}

function listsOf(change: SetChange): readonly ElementList[] {
  // What is not there cannot be deleted; adding what is there changes nothing.
  const perhapsGone = change.deleted
    .filter(({ endsAtBoottimeMs }) => endsAtBoottimeMs !== undefined)
    .map(({ key, value }) => element(key, value));
  return [
    ...slices(perhapsGone).map((elements) => ({ verb: 'add' as const, change, elements })),
    ...slices(change.deleted).map((elements) => ({ verb: 'delete' as const, change, elements })),
    ...slices(change.added).map((elements) => ({ verb: 'add' as const, change, elements })),
  ];
}

function slices<T>(all: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(all.length / ELEMENTS_AT_ONCE);
  return Array.from({ length: count }, (_, index) =>
    all.slice(index * ELEMENTS_AT_ONCE, (index + 1) * ELEMENTS_AT_ONCE),
  );
}

function writeList(
  writer: MessageWriter,
  { family, table, boottimeMs }: SetChanges,
  { verb, change, elements }: ElementList,
): number {
  const [type, flags] = verb === 'add' ? [NFT_MSG.newSetElement, FLAG.create] : [NFT_MSG.deleteSetElement, 0];
  return writer.message(messageType(NFNL_SUBSYS.nftables, type), flags | FLAG.acknowledge, () => {
    writer.raw(nfgenmsg(NFPROTO[family]));
    writer.string(NFTA_SET_ELEM_LIST.table, table);
    writer.string(NFTA_SET_ELEM_LIST.set, change.set);
    writer.nested(NFTA_SET_ELEM_LIST.elements, () => {
      for (const { key, value, endsAtBoottimeMs } of elements) {
        writer.nested(NFTA_LIST_ELEM, () => {
          writeData(writer, NFTA_SET_ELEM.key, elementBytes(change.key, key));
          if (verb === 'delete') return;
          if (change.value !== undefined) writeValue(writer, change.value, value);
          if (endsAtBoottimeMs !== undefined) {
            writer.u64be(NFTA_SET_ELEM.timeout, leftOf(endsAtBoottimeMs, boottimeMs));
          }
        });
      }
    });
  });
}

function writeValue(writer: MessageWriter, types: readonly ElementType[], value: readonly ElementPart[]): void {
  if (types[0] !== 'verdict') {
    writeData(writer, NFTA_SET_ELEM.data, elementBytes(types, value));
    return;
  }
  writer.nested(NFTA_SET_ELEM.data, () => {
    writer.nested(NFTA_DATA_VERDICT, () => {
      writer.u32be(NFTA_VERDICT.code, NFT_JUMP);
      writer.string(NFTA_VERDICT.chain, chainOfJump(value[0]));
    });
  });
}

function writeData(writer: MessageWriter, type: number, bytes: Buffer): void {
  writer.nested(type, () => {
    writer.bytesAttribute(NFTA_DATA_VALUE, bytes);
  });
}

function batchEdge(writer: MessageWriter, type: number): void {
  writer.message(type, 0, () => {
    writer.raw(nfgenmsg(0, 0, NFNL_SUBSYS.nftables));
  });
}

function describe({ family, table }: SetChanges, { verb, change, elements }: ElementList): string {
  const shown = elements.slice(0, ELEMENTS_IN_ERROR).map(({ key }) => formatParts(change.key, key));
  const more = elements.length > ELEMENTS_IN_ERROR ? ', ...' : '';
  return `${verb} element ${family} ${table} ${change.set} { ${shown.join(', ')}${more} }`;
}
