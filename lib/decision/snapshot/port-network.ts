import type { Port } from '../../configuration/index.js';
import type { PortObservation } from './port-observation.js';

/** The kernel's default routes; without any, what the configuration says of a port with a static address. */
export function gatewaysOf({ addressing }: Pick<Port, 'addressing'>, observation: PortObservation): readonly string[] {
  if (observation.kind === 'missing') return [];
  if (observation.gateways.length > 0) return observation.gateways;
  return addressing.kind === 'static' && addressing.gateway !== undefined ? [addressing.gateway] : [];
}

/** Those of the lease first, then those of the configuration. */
export function dnsServersOf(
  { dnsServers }: Pick<Port, 'dnsServers'>,
  observation: PortObservation,
): readonly string[] {
  const ofLease = observation.kind === 'present' ? observation.dnsServers : [];
  return [...new Set([...ofLease, ...dnsServers])];
}
