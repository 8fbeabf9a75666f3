import { CommandError } from '../command-error.js';
import { checkTableName, type NftFamily } from '../nft-list.js';
import { attributesIn, attributes, inside, text, type Message } from './message-reader.js';
import { FLAG, MessageWriter } from './message-writer.js';
import { messageType, NFGENMSG_BYTES, nfgenmsg, NFNL_SUBSYS, NFPROTO } from './nfnetlink.js';
import { withSocket } from './sockets.js';

export interface SetCountersQuery {
  readonly family: NftFamily;
  readonly table: string;
  /** A set of interface names whose elements have counters. */
  readonly set: string;
  readonly namespace?: string;
}

/** What an element has counted since it was made. */
export interface ElementCount {
  readonly packets: number;
  readonly bytes: number;
}

const NFT_MSG_GETSETELEM = 13;
const NFTA_SET_ELEM_LIST = { table: 1, set: 2, elements: 3 } as const;
const NFTA_SET_ELEM = { key: 1, expression: 7, expressions: 11 } as const;
const NFTA_LIST_ELEM = 1;
const NFTA_DATA_VALUE = 1;
const NFTA_EXPR = { name: 1, data: 2 } as const;
const NFTA_COUNTER = { bytes: 1, packets: 2 } as const;
const ENOENT = 2;

/**
 * The counters of a set's elements by interface name, straight from the kernel: some 40 us for a few elements, so that
 * they may be asked for many times a second. Undefined where the table or the set is missing.
 * @throws CommandError where the kernel refuses otherwise, or cannot be asked from here.
 */
export function readSetCounters(query: SetCountersQuery): ReadonlyMap<string, ElementCount> | undefined {
  const { family, table, set, namespace } = query;
  checkTableName(table);
  const writer = new MessageWriter();
  const sequence = writer.message(messageType(NFNL_SUBSYS.nftables, NFT_MSG_GETSETELEM), FLAG.dump, () => {
    writer.raw(nfgenmsg(NFPROTO[family]));
    writer.string(NFTA_SET_ELEM_LIST.table, table);
    writer.string(NFTA_SET_ELEM_LIST.set, set);
  });
  return withSocket('nftables', namespace, (socket) => {
    const counts = new Map<string, ElementCount>();
    const { error } = socket.dump(writer.bytes, sequence, (message) => {
      for (const [name, count] of elementsOf(message)) counts.set(name, count);
    });
    if (error === undefined) return counts;
    if (error.errno === ENOENT) return undefined;
    const command = `list set ${family} ${table} ${set}`;
    throw new CommandError({ command, exitCode: null, stderr: '', reason: error.text });
  });
}

function* elementsOf({ body }: Message): Generator<readonly [string, ElementCount], void, undefined> {
  const list = attributes(body, NFGENMSG_BYTES).get(NFTA_SET_ELEM_LIST.elements);
  if (list === undefined) return;
  for (const [type, bytes] of attributesIn(list)) {
    if (type !== NFTA_LIST_ELEM) continue;
    const element = attributes(bytes);
    const key = inside(element, NFTA_SET_ELEM.key).get(NFTA_DATA_VALUE);
    const count = counterOf(element);
    if (key !== undefined && count !== undefined) yield [text(key), count];
  }
}

/** The counter among an element's expressions: the kernel writes one by itself, or several as a list. */
function counterOf(element: ReadonlyMap<number, Buffer>): ElementCount | undefined {
  const single = element.get(NFTA_SET_ELEM.expression);
  const several = element.get(NFTA_SET_ELEM.expressions);
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
