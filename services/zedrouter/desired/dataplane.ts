import type { EgressFilter } from '../../../lib/egress-filter/index.js';
import type { Route, Rule } from '../../../lib/netlink/index.js';
import type { AccessObjects } from './access.js';
import type { ElementSets } from './sets.js';

/**
 * What the kernel holds of ours, as a value. `desire` makes one, `observe` reads one, `plan` says how to get from the
 * one to the other. Printed in the words of `ip` and `nft` (plan/print.ts), so that a network engineer can read a
 * golden file.
 */
export interface Dataplane {
  /** Path below /proc/sys to value. */
  readonly sysctls: ReadonlyMap<string, string>;
  /** By name. */
  readonly bridges: ReadonlyMap<string, Bridge>;
  /** By `routeKey`. */
  readonly routes: ReadonlyMap<string, Route>;
  /** By `ruleKey`. */
  readonly rules: ReadonlyMap<string, Rule>;
  /**
   * By `egressFilterKey`. Undefined: this kernel has none (no sch_ingress or cls_bpf), and does without.
   */
  readonly egressFilters: ReadonlyMap<string, EgressFilter> | undefined;
  /** True where the nft table's chains and rules are the ones of `ruleset`. */
  readonly rulesetInForce: boolean;
  /** What is in the nft table for access lists. Of those that were observed the name says all. */
  readonly accessObjects: AccessObjects;
  readonly elements: ElementSets;
  /** By bridge, and forwarders by their name. */
  readonly nameServices: ReadonlyMap<string, NameService>;
}

export interface Bridge {
  readonly name: string;
  readonly niId: string;
  /** The gateway of its apps; undefined: it has none, or is down, which needs the same care. */
  readonly address: BridgeAddress | undefined;
  readonly macAddress: string;
  /** Bytes. */
  readonly mtu: number;
  /** What it passes from app to app is for the rules, too. Undefined: the kernel cannot, and has no such setting. */
  readonly filtersMembers: boolean | undefined;
  /**
   * What an app sends to a port map of its own comes back to it: where the rules see what the bridge passes, it is
   * translated there, and has to leave by the member that it came in by. Desired where there is a port map.
   */
  readonly returnsToSender: boolean;
}

export interface BridgeAddress {
  readonly address: string;
  readonly prefixLength: number;
}

/** A dnsmasq: the text of each of its files. */
export interface NameService {
  /** A change needs a restart. */
  readonly config: string;
  /** Leases of the apps; re-read on SIGHUP. */
  readonly dhcpHosts: string;
  /** Names that it answers itself; re-read on SIGHUP. */
  readonly hosts: string;
  /** Upstream servers and forwarders, each bound to its port, in the order of the ranking; re-read on SIGHUP. */
  readonly servers: string;
}
