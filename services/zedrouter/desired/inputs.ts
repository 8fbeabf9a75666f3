import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { IdMap } from './id-allocator.js';

/** All that the desired state follows from. */
export interface DesireInputs {
  readonly model: DeviceModel;
  /** What NIM says of each port, by logical label. */
  readonly ports: ReadonlyMap<string, PortFacts>;
  /** What NIM selected, by network instance UUID. One that is missing has no port yet. */
  readonly selections: ReadonlyMap<string, Selection>;
  readonly ids: Ids;
  /** Generation of each network instance's flows, by UUID. */
  readonly generations: ReadonlyMap<string, number>;
  /** Where dnsmasq's files live. */
  readonly nameServiceDirectory: string;
}

export interface PortFacts {
  readonly label: string;
  readonly interfaceName: string;
  readonly link: 'missing' | 'admin-down' | 'no-carrier' | 'up';
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
  /** Best first. */
  readonly gateways: readonly string[];
  readonly dnsServers: readonly string[];
}

/** NITS, as far as the kernel is concerned. Ports by logical label. */
export interface Selection {
  /** Permitted and usable, the one in use first: the chain that is armed. Empty: no port. */
  readonly armed: readonly string[];
  /** Everything that policy permits, usable or not. */
  readonly permitted: readonly string[];
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
