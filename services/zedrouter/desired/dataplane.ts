import type { ElementSets } from './sets.js';

/**
 * What the kernel holds of ours, as a value. `desire` makes one, `observe` reads one, `plan` says how to get from the
 * one to the other. Rules and routes are the words that `ip` takes, so that a network engineer can read a golden file.
 */
export interface Dataplane {
  /** Path below /proc/sys to value. */
  readonly sysctls: ReadonlyMap<string, string>;
  /** By name. */
  readonly bridges: ReadonlyMap<string, Bridge>;
  /** By table and destination, e.g. `501 default`. */
  readonly routes: ReadonlyMap<string, string>;
  readonly rules: ReadonlySet<string>;
  /** True where the nft table's chains and rules are the ones of `ruleset`. */
  readonly rulesetInForce: boolean;
  readonly elements: ElementSets;
  /** By bridge. */
  readonly nameServices: ReadonlyMap<string, NameService>;
}

export interface Bridge {
  readonly name: string;
  readonly niId: string;
  /** Address and prefix length, e.g. `10.77.0.1/24`. */
  readonly address: string;
  readonly macAddress: string;
  /** Bytes. */
  readonly mtu: number;
}

/** A dnsmasq: the text of each of its files. */
export interface NameService {
  /** A change needs a restart. */
  readonly config: string;
  /** Leases of the apps; re-read on SIGHUP. */
  readonly dhcpHosts: string;
  /** Names that it answers itself; re-read on SIGHUP. */
  readonly hosts: string;
  /** Upstream servers, each bound to its port, in the order of the ranking; re-read on SIGHUP. */
  readonly servers: string;
}

/** Route and rule protocol number by which we know our own. */
export const PROTOCOL = 229;
/** Table of the network instances' subnets: the way back to the apps, found before any ranking. */
export const SUBNET_TABLE = 499;

/** Preferences of our rules. EVE's own numbers where it has one. */
export const PREFERENCE = {
  subnets: 9000,
  /** Rankings by mark: 9100 the port in use, 9101 the next one, and so on. */
  ranking: 9100,
  rankingUnreachable: 9199,
  /** The same by source address, one chain a network instance (EVE: 10000). */
  source: 10000,
  sourceUnreachable: 10009,
  /** The device's own traffic that is bound to a port (EVE: 15000). */
  port: 15000,
} as const;

export const NFT_FAMILY = 'inet';
export const NFT_TABLE = 'eve_uplink';
