import type { Port } from '../../configuration/index.js';
import { ipv4Number } from '../../ipv4/index.js';
import {
  isDefaultRoute,
  type ObservedAddress,
  type ObservedNetwork,
  type ObservedRoute,
  type PortObservation,
} from './port-observation.js';

/** Next hops of the default routes, best first, each once; none where what they lead to is on the link. */
export function gatewaysOf(observation: PortObservation): readonly string[] {
  if (observation.kind === 'missing') return [];
  return [...new Set(observation.routes.filter(isDefaultRoute).flatMap(({ gateway }) => gateway ?? []))];
}

/**
 * The address that traffic of the port leaves with: that of its best default route; without such a route the first
 * that is not deprecated. Undefined where it has none.
 */
export function sourceAddressOf(observation: PortObservation): string | undefined {
  if (observation.kind === 'missing') return undefined;
  const { routes, addresses } = observation;
  const best = routes.find(isDefaultRoute);
  return best === undefined ? firstChoice(addresses)?.address : sourceOfRoute(best, addresses);
}

/**
 * The address that the device's packets leave with by a route: its own (`src`), else the one in the gateway's subnet,
 * else the first; deprecated ones last. The kernel chooses alike, but for those that are deprecated
 * (inet_select_addr in net/ipv4/devinet.c).
 */
export function sourceOfRoute(
  { source, gateway }: Pick<ObservedRoute, 'source' | 'gateway'>,
  addresses: readonly ObservedAddress[],
): string | undefined {
  if (source !== undefined) return source;
  const near = gateway === undefined ? [] : addresses.filter((address) => isWithin(gateway, address));
  return firstChoice(near.length > 0 ? near : addresses)?.address;
}

function firstChoice(addresses: readonly ObservedAddress[]): ObservedAddress | undefined {
  return addresses.find(({ isDeprecated }) => isDeprecated !== true) ?? addresses[0];
}

/** Whether an address lies in a network, which may be given by any address in it. False for what is not IPv4. */
export function isWithin(address: string, { address: other, prefixLength }: ObservedNetwork): boolean {
  const [a, b] = [ipv4Number(address), ipv4Number(other)];
  if (a === undefined || b === undefined) return false;
  const size = 2 ** (32 - prefixLength);
  return Math.floor(a / size) === Math.floor(b / size);
}

/** Time servers: those of the configuration first, then those of the lease. */
export function ntpServersOf(
  { ntpServers }: Pick<Port, 'ntpServers'>,
  observation: PortObservation,
): readonly string[] {
  const ofLease = observation.kind === 'present' ? (observation.ntpServers ?? []) : [];
  return [...new Set([...ntpServers, ...ofLease])];
}

/** Those of the lease first, then those of the configuration. */
export function dnsServersOf(
  { dnsServers }: Pick<Port, 'dnsServers'>,
  observation: PortObservation,
): readonly string[] {
  const ofLease = observation.kind === 'present' ? observation.dnsServers : [];
  return [...new Set([...ofLease, ...dnsServers])];
}
