import { CommandError } from '../command-error.js';
import { checkTableName, type NftFamily } from '../nft-list.js';
import { elementBytes, type ElementPart } from './element-bytes.js';
import { FLAG, MessageWriter } from './message-writer.js';
import { messageType, nfgenmsg, NFNL_SUBSYS, NFPROTO } from './nfnetlink.js';
import { withSocket } from './sockets.js';

/** What changes in one set or map, in the words of nft. */
export interface ElementChange {
  readonly set: string;
  readonly key: readonly ElementPart[];
  /** Absent: a set, not a map. */
  readonly value?: readonly ElementPart[] | undefined;
  /** Keys. Deleted before any is added. */
  readonly deleted: readonly string[];
  /** The value of a set's element is empty. */
  readonly added: readonly (readonly [key: string, value: string])[];
}

export interface ElementChanges {
  readonly family: NftFamily;
  readonly table: string;
  readonly changes: readonly ElementChange[];
  readonly namespace?: string;
}

/** More than these in one transaction are for nft: they would not fit into a socket's buffer. */
export const MOST_ELEMENTS = 20_000;

const NFNL_MSG_BATCH = { begin: 0x10, end: 0x11 } as const;
const NFT_MSG = { newSetElement: 12, deleteSetElement: 14 } as const;
const NFTA_SET_ELEM_LIST = { table: 1, set: 2, elements: 3 } as const;
const NFTA_SET_ELEM = { key: 1, data: 2 } as const;
const NFTA_LIST_ELEM = 1;
const NFTA_DATA_VALUE = 1;

/** The list of a message is an attribute, of at most 64 KiB; an element takes up to 100 bytes. */
const elementsAtOnce = 500;
/** What fits into a socket as it is. */
const smallBytes = 64 * 1024;
/** Of an element list that an error repeats. */
const elementsInError = 3;

/**
 * Changes elements of sets and maps in one transaction: all of it, or nothing. 0.1 ms for a few elements; done when this
 * returns.
 * @throws CommandError with the kernel's word for each list of elements that it refused; RangeError where an element is
 * not of its set's types.
 */
export function changeSetElements(change: ElementChanges): void {
  const { table, namespace } = change;
  checkTableName(table);
  const writer = new MessageWriter();
  const sent = new Map<number, string>();
  batchEdge(writer, NFNL_MSG_BATCH.begin);
  for (const list of change.changes.flatMap(listsOf)) sent.set(writeList(writer, change, list), describe(change, list));
  batchEdge(writer, NFNL_MSG_BATCH.end);
  const last = [...sent.keys()].at(-1);
  if (last === undefined) return;
  const errors = withSocket('nftables', namespace, (socket) => {
    if (writer.bytes.length > smallBytes) socket.enlarge();
    return socket.acknowledged(writer.bytes, last);
  });
  if (errors.size === 0) return;
  const stderr = [...errors].map(([sequence, { text }]) => `${text}: ${sent.get(sequence) ?? `table ${table}`}`);
  throw new CommandError({ command: 'nft', exitCode: null, stderr: stderr.join('\n') });
}

/** What one message carries. */
interface ElementList {
  readonly verb: 'add' | 'delete';
  readonly change: ElementChange;
  readonly elements: readonly (readonly [key: string, value: string])[];
}

function listsOf(change: ElementChange): readonly ElementList[] {
  const deleted = change.deleted.map((key) => [key, ''] as const);
  return [
    ...slices(deleted).map((elements) => ({ verb: 'delete' as const, change, elements })),
    ...slices(change.added).map((elements) => ({ verb: 'add' as const, change, elements })),
  ];
}

function slices<T>(all: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(all.length / elementsAtOnce);
  return Array.from({ length: count }, (_, index) => all.slice(index * elementsAtOnce, (index + 1) * elementsAtOnce));
}

function writeList(
  writer: MessageWriter,
  { family, table }: ElementChanges,
  { verb, change, elements }: ElementList,
): number {
  const [type, flags] = verb === 'add' ? [NFT_MSG.newSetElement, FLAG.create] : [NFT_MSG.deleteSetElement, 0];
  return writer.message(messageType(NFNL_SUBSYS.nftables, type), flags | FLAG.acknowledge, () => {
    writer.raw(nfgenmsg(NFPROTO[family]));
    writer.string(NFTA_SET_ELEM_LIST.table, table);
    writer.string(NFTA_SET_ELEM_LIST.set, change.set);
    writer.nested(NFTA_SET_ELEM_LIST.elements, () => {
      for (const [key, value] of elements) {
        writer.nested(NFTA_LIST_ELEM, () => {
          writeData(writer, NFTA_SET_ELEM.key, elementBytes(change.key, key));
          if (change.value !== undefined && verb === 'add') {
            writeData(writer, NFTA_SET_ELEM.data, elementBytes(change.value, value));
          }
        });
      }
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

function describe({ family, table }: ElementChanges, { verb, change, elements }: ElementList): string {
  const shown = elements.slice(0, elementsInError).map(([key]) => key);
  const more = elements.length > elementsInError ? ', ...' : '';
  return `${verb} element ${family} ${table} ${change.set} { ${shown.join(', ')}${more} }`;
}
