import type { Bridge, NameService } from '../desired/dataplane.js';
import type { KernelChange, SetElement } from '../../../lib/netlink/index.js';
import type { AccessObject } from '../desired/access.js';
import type { AccessChange } from '../desired/refused-flows.js';
import type { SetName } from '../desired/sets.js';

/** One change to the kernel or to a dnsmasq, as a value: it can be printed, asserted or executed. */
export type Operation =
  | { readonly kind: 'sysctl'; readonly path: string; readonly value: string }
  | { readonly kind: 'bridge-add'; readonly bridge: Bridge }
  | { readonly kind: 'bridge-change'; readonly before: Bridge; readonly bridge: Bridge }
  /** Takes it down: nothing enters it any more. */
  | { readonly kind: 'bridge-down'; readonly name: string }
  | { readonly kind: 'bridge-delete'; readonly name: string }
  | Extract<KernelChange, { readonly kind: ChangeKind }>
  | { readonly kind: 'nft'; readonly change: NftChange }
  | { readonly kind: 'name-service-start'; readonly bridge: string; readonly service: NameService }
  | { readonly kind: 'name-service-reload'; readonly bridge: string; readonly service: NameService }
  | { readonly kind: 'name-service-stop'; readonly bridge: string }
  /** Has the kernel look for a gateway's link address before traffic needs it. */
  | { readonly kind: 'neighbour-warm'; readonly address: string; readonly interfaceName: string }
  /** Deletes the conntrack entries whose mark, under the mask, is this one. */
  | { readonly kind: 'flows-end'; readonly mark: number; readonly mask: number }
  /** Deletes the flows of these interfaces, by address, that their access lists do not allow any more. */
  | {
      readonly kind: 'refused-flows-end';
      readonly changes: ReadonlyMap<string, AccessChange>;
      /** Labels of ports by their number. */
      readonly portLabels: ReadonlyMap<number, readonly string[]>;
    }
  /** Deletes the unanswered UDP flows to these destinations that are older than their port maps. */
  | { readonly kind: 'untranslated-flows-end'; readonly destinations: readonly Destination[] };

/** What rtnetlink does as it is planned. */
type ChangeKind =
  'route-replace' | 'route-delete' | 'rule-add' | 'rule-delete' | 'egress-filter-replace' | 'egress-filter-delete';

/** Where a port map is open. */
export interface Destination {
  readonly address: string;
  readonly port: number;
}

/** One nft transaction. */
export interface NftChange {
  /** Load chains and rules, too. */
  readonly ruleset: boolean;
  readonly access: AccessObjectsChange;
  readonly sets: readonly SetChange[];
}

/** What comes and goes for access lists. */
export interface AccessObjectsChange {
  readonly added: readonly AccessObject[];
  readonly removed: readonly AccessObject[];
}

export interface SetChange {
  readonly set: SetName;
  /** Those that end by themselves may be gone already. */
  readonly deleted: readonly SetElement[];
  readonly added: readonly SetElement[];
}

/** Phases run in this order; within a phase the order does not matter but for what the kernel demands. */
export type PhaseName =
  'retire' | 'install' | 'switch' | 'follow' | 'open' | 'break' | 'name-services' | 'flows' | 'remove';

export interface Phase {
  readonly name: PhaseName;
  readonly operations: readonly Operation[];
}

/** Phases that have anything to do, in order. None: nothing to do. */
export type Plan = readonly Phase[];
