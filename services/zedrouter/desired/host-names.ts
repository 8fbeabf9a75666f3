import { createHash } from 'node:crypto';

import type { AppInterface } from '../../../lib/configuration/index.js';
import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';

/**
 * How entries that match a name know its addresses. dnsmasq puts those of an answer into sets before it hands the
 * answer on, so that an app may use them at once. It takes none out, and adding what is there renews nothing; so each
 * name has two sets, which are emptied in turn: one of them holds an address for at least a turn after the last answer
 * that gave it, neither for more than two. No answer is valid for longer than a turn, so an app may use an address for
 * as long as it was told, and not much longer. While nobody empties them, they keep what they have.
 */
export const HOST_SET_TURN_MS = 300_000;

/** Bounded, for apps decide how many names they ask. */
export const HOST_SET_TYPE = 'type ipv4_addr; size 65536;';

const HALVES = ['a', 'b'] as const;

/** The two sets of the addresses that a network instance's DNS gave for a name. */
export function hostSetNames(niNumber: number, remoteName: string): readonly string[] {
  const digest = createHash('sha256').update(remoteName).digest('hex').slice(0, 12);
  return HALVES.map((half) => `host_${niNumber}_${digest}_${half}`);
}

/** Of the sets, those that the turn which begins at that time empties. */
export function emptiedInTurn(sets: Iterable<string>, boottimeMs: number): readonly string[] {
  const half = HALVES[Math.floor(boottimeMs / HOST_SET_TURN_MS) % HALVES.length] ?? 'a';
  return [...sets].filter((name) => name.endsWith(`_${half}`));
}

/** The names that access lists match, each once. */
export function remoteNames(interfaces: Iterable<AppInterface>): readonly string[] {
  const names = new Set<string>();
  for (const { accessList } of interfaces) {
    for (const { remoteName } of accessList) if (remoteName !== undefined) names.add(remoteName);
  }
  return [...names].sort();
}

/**
 * What dnsmasq is told, so that it fills the sets of these names; none: nothing. It looks for the longest name that an
 * answer is of or below, and takes the sets of that one alone, so those of the names above it stand with it.
 */
export function hostNameLines(niNumber: number, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const turnSeconds = HOST_SET_TURN_MS / 1_000;
  return [
    `max-ttl=${turnSeconds}`,
    `max-cache-ttl=${turnSeconds}`,
    ...names.map((name) => {
      const meant = names.filter((other) => `.${name}`.endsWith(`.${other}`));
      const sets = meant.flatMap((other) => hostSetNames(niNumber, other));
      return `nftset=/${name}/${sets.map((set) => `4#${NFT_FAMILY}#${NFT_TABLE}#${set}`).join(',')}`;
    }),
  ];
}
