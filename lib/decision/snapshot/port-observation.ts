/** An IPv4 address of a port. */
export interface ObservedAddress {
  readonly address: string;
  readonly prefixLength: number;
}

export type LinkState = 'admin-down' | 'no-carrier' | 'up';

/** What one reading of the kernel, and of the lease's name servers, says of one port. */
export type PortObservation = { readonly kind: 'missing' } | PresentPort;

export interface PresentPort {
  readonly kind: 'present';
  readonly link: LinkState;
  /** The kernel's interface index; a new one means a new interface of the same name. */
  readonly index: number;
  /** Lower case, colons; empty where the interface has none. */
  readonly macAddress: string;
  /** Global scope, IPv4. */
  readonly addresses: readonly ObservedAddress[];
  /** Next hops of default routes, best first. */
  readonly gateways: readonly string[];
  readonly dnsServers: readonly string[];
}

/** The observation of a port that the kernel does not have. */
export const missingPort: PortObservation = { kind: 'missing' };

/** Why a port cannot carry anything now. */
export type UnusableReason = 'interface-missing' | 'admin-down' | 'no-carrier' | 'no-address';

/** Whether a port has link and address (docs/design.md#choice), and if not, what it lacks. */
export function whyUnusable(port: PortObservation): UnusableReason | undefined {
  if (port.kind === 'missing') return 'interface-missing';
  switch (port.link) {
    case 'admin-down':
      return 'admin-down';
    case 'no-carrier':
      return 'no-carrier';
    case 'up':
      return port.addresses.length === 0 ? 'no-address' : undefined;
  }
}

/** The reason in the words that logs, events and explanations use. */
export function describeUnusable(reason: UnusableReason): string {
  switch (reason) {
    case 'interface-missing':
      return 'interface missing';
    case 'admin-down':
      return 'switched off (administratively down)';
    case 'no-carrier':
      return 'no carrier';
    case 'no-address':
      return 'no address';
  }
}

/** `192.0.2.7/24` */
export function formatAddress({ address, prefixLength }: ObservedAddress): string {
  return `${address}/${prefixLength}`;
}

/** Whether two observations say the same of a port: only where they do not has it changed. */
export function sameObservation(a: PortObservation, b: PortObservation): boolean {
  if (a === b) return true;
  if (a.kind === 'missing' || b.kind === 'missing') return a.kind === b.kind;
  return (
    a.link === b.link &&
    a.index === b.index &&
    a.macAddress === b.macAddress &&
    sameList(a.addresses, b.addresses, sameAddress) &&
    sameList(a.gateways, b.gateways) &&
    sameList(a.dnsServers, b.dnsServers)
  );
}

/** Whether two lists have the same items in the same order. */
export function sameList<T>(a: readonly T[], b: readonly T[], same: (a: T, b: T) => boolean = Object.is): boolean {
  return a === b || (a.length === b.length && a.every((item, position) => same(item, b[position] as T)));
}

function sameAddress(a: ObservedAddress, b: ObservedAddress): boolean {
  return a.address === b.address && a.prefixLength === b.prefixLength;
}
