import type { Port } from '../../configuration/index.js';

/** An IPv4 address of a port, or a network. */
export interface ObservedNetwork {
  readonly address: string;
  readonly prefixLength: number;
}

/** An IPv4 address of a port. */
export interface ObservedAddress extends ObservedNetwork {
  /** Nothing new should begin from it (its preferred lifetime is over); absent: it is as good as any. */
  readonly isDeprecated?: true;
}

/** An IPv4 route of the host over a port. */
export interface ObservedRoute {
  /** Host bits zero. A prefix length of 0: everywhere, the default route. */
  readonly destination: ObservedNetwork;
  /** Of IPv4 or IPv6 (`via inet6`); undefined: what it leads to is on the link, as with PPP, raw IP and tunnels. */
  readonly gateway: string | undefined;
  /** What the device's own packets leave with (`src`), where the route says so. */
  readonly source: string | undefined;
  /** Lower is better. */
  readonly metric: number;
  /** The gateway is taken to be on the link, whatever its address. */
  readonly isOnLink: boolean;
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
  /** Bytes; 0: not known. */
  readonly mtu: number;
  /** Global scope, IPv4, in the kernel's order. */
  readonly addresses: readonly ObservedAddress[];
  /**
   * What the host's routes say of this port: default routes first, best first; then the others. The subnets of its
   * addresses are not among them. Where the host has no default route over it, the gateway that the configuration
   * names for a static address.
   */
  readonly routes: readonly ObservedRoute[];
  readonly dnsServers: readonly string[];
  /** Time servers that its lease names, IPv4; absent: none. */
  readonly ntpServers?: readonly string[];
}

/** The observation of a port that the kernel does not have. */
export const missingPort: PortObservation = { kind: 'missing' };

/** Why a port cannot carry anything now. */
export type UnusableReason = 'interface-missing' | 'admin-down' | 'no-carrier' | 'no-address' | 'no-route';

/** Whether a port has link, address and a default route (docs/design.md#choice), and if not, what it lacks. */
export function whyUnusable(port: PortObservation): UnusableReason | undefined {
  if (port.kind === 'missing') return 'interface-missing';
  switch (port.link) {
    case 'admin-down':
      return 'admin-down';
    case 'no-carrier':
      return 'no-carrier';
    case 'up':
      if (port.addresses.length === 0) return 'no-address';
      return port.routes.some(isDefaultRoute) ? undefined : 'no-route';
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
    case 'no-route':
      return 'no default route';
  }
}

/** The reason with what to do about it, where that does not go without saying. */
export function adviseOnUnusable(
  reason: UnusableReason,
  { interfaceName, unidentified }: Pick<Port, 'interfaceName' | 'unidentified'>,
): string {
  if (reason === 'interface-missing' && unidentified !== undefined) {
    return `${describeUnusable(reason)}: ${unidentified}; plug it in, or correct phyaddrs`;
  }
  if (reason !== 'no-route') return describeUnusable(reason);
  return (
    `${describeUnusable(reason)}: the host has none over ${interfaceName}; let its DHCP client or network manager set ` +
    `one, with a metric of its own for each port (ip route add default via GATEWAY dev ${interfaceName} metric NUMBER)`
  );
}

/** Whether a route leads everywhere. */
export function isDefaultRoute({ destination }: Pick<ObservedRoute, 'destination'>): boolean {
  return destination.prefixLength === 0;
}

/** `192.0.2.7/24` */
export function formatAddress({ address, prefixLength }: ObservedNetwork): string {
  return `${address}/${prefixLength}`;
}

/** `10.50.0.0/16 via 192.0.2.254 src 192.0.2.7 metric 100`, as `ip route` prints. */
export function formatObservedRoute({ destination, gateway, source, metric, isOnLink }: ObservedRoute): string {
  return [
    destination.prefixLength === 0 ? 'default' : formatAddress(destination),
    ...(gateway === undefined ? [] : [gateway.includes(':') ? `via inet6 ${gateway}` : `via ${gateway}`]),
    ...(source === undefined ? [] : [`src ${source}`]),
    ...(metric === 0 ? [] : [`metric ${metric}`]),
    ...(isOnLink ? ['onlink'] : []),
  ].join(' ');
}

/** Whether two observations say the same of a port: only where they do not has it changed. */
export function sameObservation(a: PortObservation, b: PortObservation): boolean {
  if (a === b) return true;
  if (a.kind === 'missing' || b.kind === 'missing') return a.kind === b.kind;
  return (
    a.link === b.link &&
    a.index === b.index &&
    a.macAddress === b.macAddress &&
    a.mtu === b.mtu &&
    sameList(a.addresses, b.addresses, sameAddress) &&
    sameList(a.routes, b.routes, sameObservedRoute) &&
    sameList(a.dnsServers, b.dnsServers) &&
    sameList(a.ntpServers ?? [], b.ntpServers ?? [])
  );
}

/** Whether two lists have the same items in the same order. */
export function sameList<T>(a: readonly T[], b: readonly T[], same: (a: T, b: T) => boolean = Object.is): boolean {
  return a === b || (a.length === b.length && a.every((item, position) => same(item, b[position] as T)));
}

function sameAddress(a: ObservedAddress, b: ObservedAddress): boolean {
  return a.address === b.address && a.prefixLength === b.prefixLength && a.isDeprecated === b.isDeprecated;
}

function sameObservedRoute(a: ObservedRoute, b: ObservedRoute): boolean {
  return (
    a.destination.address === b.destination.address &&
    a.destination.prefixLength === b.destination.prefixLength &&
    a.gateway === b.gateway &&
    a.source === b.source &&
    a.metric === b.metric &&
    a.isOnLink === b.isOnLink
  );
}
