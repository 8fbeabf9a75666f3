import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { Prefix } from '../../../lib/netlink/index.js';
import type { IdMap } from './id-allocator.js';

/** All that the desired state follows from. */
export interface DesireInputs {
  readonly model: DeviceModel;
  /** What NIM says of each port, by logical label. */
  readonly ports: ReadonlyMap<string, PortFacts>;
  /**
   * What NIM selected, by network instance UUID, and for its static routes by `routeSelectionId`. One that is missing
   * has no port yet.
   */
  readonly selections: ReadonlyMap<string, Selection>;
  readonly ids: Ids;
  /** Generation of each network instance's flows, by UUID. */
  readonly generations: ReadonlyMap<string, number>;
  /** Ports that network instances, by UUID, have left, and whose flows stay there. */
  readonly drains: ReadonlyMap<string, ReadonlyMap<string, Drain>>;
  /** Where dnsmasq's files live. */
  readonly nameServiceDirectory: string;
  /** The tunnel devices that are there and up, by name. Absent: none. */
  readonly tunnelsUp?: ReadonlySet<string>;
}

/** Flows of a network instance that stay on a port which it has left. */
export interface Drain {
  /** When those that are still there move, in milliseconds of CLOCK_BOOTTIME. */
  readonly endsAtBoottimeMs: number;
}

export interface PortFacts {
  readonly label: string;
  readonly interfaceName: string;
  readonly link: 'missing' | 'admin-down' | 'no-carrier' | 'up';
  readonly addresses: readonly AddressFacts[];
  /** What its traffic leaves with; undefined: it has no address. */
  readonly sourceAddress: string | undefined;
  /** The host's routes over it, default routes first, best first; without the subnets of its addresses. */
  readonly routes: readonly RouteFacts[];
  /** Next hops of its default routes, best first. */
  readonly gateways: readonly string[];
  readonly dnsServers: readonly string[];
  /** Time servers of its configuration and of its lease, IPv4; absent: not told. */
  readonly ntpServers?: readonly string[];
  /** Bytes; 0: not known. */
  readonly mtu: number;
  /** Absent: not known, or it has none. */
  readonly macAddress?: string | undefined;
}

export interface AddressFacts {
  readonly address: string;
  readonly prefixLength: number;
  readonly isDeprecated: boolean;
}

/** A route of the host over a port, with the address that it is left by. */
export interface RouteFacts {
  readonly destination: Prefix;
  /** Of IPv4 or IPv6; undefined: on the link. */
  readonly gateway: string | undefined;
  readonly source: string | undefined;
  /** Lower is better. */
  readonly metric: number;
}

/** NITS, as far as the kernel is concerned. Ports by logical label. */
export interface Selection {
  /**
   * Permitted and usable, the one in use first: the chain that is armed. Empty: no port. A port in use that is kept for
   * `failover_hold` may be without link and address.
   */
  readonly armed: readonly string[];
  /** Everything that policy permits, usable or not. */
  readonly permitted: readonly string[];
  /** Those whose tests fail. */
  readonly failing: ReadonlySet<string>;
  /** Those that a grant alone permits, with its end in milliseconds of CLOCK_BOOTTIME. */
  readonly grantedUntilMs: ReadonlyMap<string, number>;
  /** NITS revision in which this one changed last. */
  readonly revision: bigint;
}

/** The numbers by which the kernel knows what the configuration names. */
export interface Ids {
  /** By logical label, 1..14. */
  readonly ports: IdMap;
  /** By network instance UUID. */
  readonly networkInstances: IdMap;
  /** By app interface key (see `appInterfaceKey`): the address as a 32 bit number. */
  readonly appAddresses: IdMap;
}

/** A port with the number that names its table and its digit in rankings. */
export interface NumberedPort {
  readonly number: number;
  readonly facts: PortFacts;
}
