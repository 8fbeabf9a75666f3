import { readChainsDigest, readNames } from './nft-chains.js';
import { readSetElements, type ElementTypes, type SetElements } from './set-element.js';
import type { NftFamily } from './wire/nfnetlink.js';
import { withSocket } from './wire/sockets.js';

/** An nft table: its chains by their digest, and the elements of those sets that were asked for. */
export interface NftTable<SetName extends string> {
  /** The same whenever chains and rules are the same, as read from one kernel; undefined where there is no table. */
  readonly chainsDigest: string | undefined;
  /** Empty where a set is missing. */
  readonly elements: Readonly<Record<SetName, SetElements>>;
}

/** Which table to read, and of what types the elements of its sets are. */
export interface NftTableQuery<SetName extends string> {
  readonly family: NftFamily;
  readonly table: string;
  readonly sets: Readonly<Record<SetName, ElementTypes>>;
  /** CLOCK_BOOTTIME now. */
  readonly boottimeMs: number;
  readonly namespace?: string | undefined;
  /** Whether the rules of a chain count for the digest; absent: those of all do. */
  readonly isRead?: ((chain: string) => boolean) | undefined;
}

/**
 * The digest of a table's chains, without its elements: under a millisecond. Undefined where there is no table.
 * @throws NetlinkError
 */
export function readNftChainsDigest(place: {
  readonly family: NftFamily;
  readonly table: string;
  readonly namespace?: string | undefined;
  /** Whether the rules of a chain count; absent: those of all do. */
  readonly isRead?: ((chain: string) => boolean) | undefined;
}): string | undefined {
  return withSocket('nftables', place.namespace, (socket) => readChainsDigest(socket, place, place.isRead));
}

/** The names of a table's chains and sets; empty where there is no table. @throws NetlinkError */
export function readNftNames(place: {
  readonly family: NftFamily;
  readonly table: string;
  readonly namespace?: string | undefined;
}): { readonly chains: readonly string[]; readonly sets: readonly string[] } {
  return withSocket('nftables', place.namespace, (socket) => readNames(socket, place));
}

/** Reads a table. @throws NetlinkError */
export function readNftTable<SetName extends string>(query: NftTableQuery<SetName>): NftTable<SetName> {
  const { family, table, sets, boottimeMs, namespace, isRead } = query;
  return withSocket('nftables', namespace, (socket) => {
    const elements = Object.entries<ElementTypes>(sets).map(([set, types]) => [
      set,
      readSetElements(socket, { family, table, set }, types, boottimeMs) ?? new Map(),
    ]);
    return {
      chainsDigest: readChainsDigest(socket, { family, table }, isRead),
      elements: Object.fromEntries(elements) as Readonly<Record<SetName, SetElements>>,
    };
  });
}
