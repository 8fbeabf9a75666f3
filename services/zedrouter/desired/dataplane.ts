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
