import { createHash, type Hash } from 'node:crypto';

import { attributesIn, attributes, text, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { messageType, NFGENMSG_BYTES, nfgenmsg, NFNL_SUBSYS, NFPROTO, type NftFamily } from './wire/nfnetlink.js';
import { listElements, type SetPlace } from './set-element.js';
import { wholeListing } from './wire/listing.js';

const NFT_MSG = { getTable: 1, getChain: 4, getRule: 7, getSet: 10 } as const;
const NFTA_TABLE = { name: 1, flags: 2 } as const;
const NFTA_CHAIN = { table: 1, handle: 2, name: 3, use: 6, counters: 8, id: 12 } as const;
const NFTA_SET = { table: 1, name: 2, flags: 3 } as const;
const NFT_SET_ANONYMOUS = 1;
/** What an element says: NFTA_SET_ELEM_KEY, _DATA, _FLAGS and _KEY_END. */
const NFTA_SET_ELEM_SAYS: ReadonlySet<number> = new Set([1, 2, 3, 10]);
const NFTA_RULE = { table: 1, chain: 2, handle: 3, position: 6 } as const;
/** Attributes that differ where nothing that a chain or rule does differs. */
const VOLATILE_OF_CHAIN: ReadonlySet<number> = new Set([NFTA_CHAIN.handle, NFTA_CHAIN.use, NFTA_CHAIN.counters]);
const VOLATILE_OF_RULE: ReadonlySet<number> = new Set([NFTA_RULE.handle, NFTA_RULE.position]);

/**
 * `isRead`: whether the rules of a chain count; absent: those of all do. The chains themselves always do.
 *
 * A digest of a table's chains and their rules, in their order, and of the sets without a name that are written in
 * rules: the same whenever they are the same, as read from one kernel. Undefined where there is no such table. Named
 * counters do not count; a counter that is written in a rule does, so that a table which has one is another with each
 * packet.
 * @throws NetlinkError
 */
export function readChainsDigest(
  socket: NetlinkSocket,
  { family, table }: { readonly family: NftFamily; readonly table: string },
  isRead?: (chain: string) => boolean,
): string | undefined {
  const hash = createHash('sha256');
  // A table may be dormant: all is there, and nothing of it in force.
  list(socket, NFT_MSG.getTable, NFTA_TABLE.name, family, table, (body) => {
    const flags = attributes(body, NFGENMSG_BYTES).get(NFTA_TABLE.flags);
    hash.update(`flags ${flags?.toString('hex') ?? ''}`);
  });
  const names: string[] = [];
  const chains = list(socket, NFT_MSG.getChain, NFTA_CHAIN.table, family, table, (body) => {
    update(hash, body, VOLATILE_OF_CHAIN);
    const name = attributes(body, NFGENMSG_BYTES).get(NFTA_CHAIN.name);
    if (name !== undefined) names.push(text(name));
  });
  if (chains === 0) return undefined;
  const takeRule = (body: Buffer): void => {
    update(hash, body, VOLATILE_OF_RULE);
  };
  if (isRead === undefined) list(socket, NFT_MSG.getRule, NFTA_RULE.table, family, table, takeRule);
  else {
    for (const chain of names.filter(isRead)) {
      list(socket, NFT_MSG.getRule, NFTA_RULE.table, family, table, takeRule, chain);
    }
  }
  list(socket, NFT_MSG.getSet, NFTA_SET.table, family, table, (body) => {
    const set = attributes(body, NFGENMSG_BYTES);
    const name = set.get(NFTA_SET.name);
    const isAnonymous = ((set.get(NFTA_SET.flags)?.readUInt32BE() ?? 0) & NFT_SET_ANONYMOUS) !== 0;
    if (isAnonymous && name !== undefined) updateBySet(hash, socket, { family, table, set: text(name) });
  });
  return hash.digest('hex');
}

/**
 * The names of a table's chains, and of those of its sets that have one. Empty where there is no table.
 * @throws NetlinkError
 */
export function readNames(
  socket: NetlinkSocket,
  { family, table }: { readonly family: NftFamily; readonly table: string },
): { readonly chains: readonly string[]; readonly sets: readonly string[] } {
  const chains: string[] = [];
  const sets: string[] = [];
  list(socket, NFT_MSG.getChain, NFTA_CHAIN.table, family, table, (body) => {
    const name = attributes(body, NFGENMSG_BYTES).get(NFTA_CHAIN.name);
    if (name !== undefined) chains.push(text(name));
  });
  list(socket, NFT_MSG.getSet, NFTA_SET.table, family, table, (body) => {
    const set = attributes(body, NFGENMSG_BYTES);
    const name = set.get(NFTA_SET.name);
    const isAnonymous = ((set.get(NFTA_SET.flags)?.readUInt32BE() ?? 0) & NFT_SET_ANONYMOUS) !== 0;
    if (!isAnonymous && name !== undefined) sets.push(text(name));
  });
  return { chains, sets };
}

/** A rule names such a set by a number only, which may be given again. */
function updateBySet(hash: Hash, socket: NetlinkSocket, place: SetPlace): void {
  const elements = listElements(socket, place, (attributesOf) =>
    [...attributesOf]
      .filter(([type]) => NFTA_SET_ELEM_SAYS.has(type))
      .map(([type, value]) => `${type} ${value.toString('hex')}`)
      .join(' '),
  );
  // A hash has no order.
  hash.update(`|${place.set} ${[...(elements ?? [])].sort().join(',')}`);
}

/**
 * Hands on what is of that table: a kernel may list those of others, too. Answers how many there were. `chain`: only
 * the rules of that one.
 */
function list(
  socket: NetlinkSocket,
  type: number,
  tableAttribute: number,
  family: NftFamily,
  table: string,
  take: (body: Buffer) => void,
  chain?: string,
): number {
  const writer = new MessageWriter();
  const sequence = writer.message(messageType(NFNL_SUBSYS.nftables, type), FLAG.dump, () => {
    writer.raw(nfgenmsg(NFPROTO[family]));
    if (chain === undefined) return;
    writer.string(NFTA_RULE.table, table);
    writer.string(NFTA_RULE.chain, chain);
  });
  const bodies = wholeListing(socket, 'list chains', writer.bytes, sequence, ({ body }: Message) => {
    const name = attributes(body, NFGENMSG_BYTES).get(tableAttribute);
    // A copy: the buffer is that of every receipt.
    return name !== undefined && text(name) === table ? Buffer.from(body) : undefined;
  });
  for (const body of bodies) take(body);
  return bodies.length;
}

function update(hash: Hash, body: Buffer, volatile: ReadonlySet<number>): void {
  hash.update('|');
  for (const [type, value] of attributesIn(body, NFGENMSG_BYTES)) {
    if (!volatile.has(type)) hash.update(`${type} ${value.length} `).update(value);
  }
}
