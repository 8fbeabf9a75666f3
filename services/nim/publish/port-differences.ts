import type { Port } from '../../../lib/configuration/index.js';
import { ipv4Network, ipv4Number } from '../../../lib/ipv4/index.js';
import { gatewaysOf, type PortObservation } from '../../../lib/decision/snapshot/index.js';

/**
 * Where a port is not as the configuration says, in words: the host's network manager configures ports, and nothing
 * here does. Nothing of a port whose interface is missing. Pure.
 */
export function portDifferences({ wanted }: Port, observation: PortObservation): readonly string[] {
  if (wanted === undefined || observation.kind === 'missing') return [];
  const { address, subnet, gateway, mtu } = wanted;
  const addresses = observation.addresses.map((each) => each.address);
  const gateways = gatewaysOf(observation);
  const lines: string[] = [];
  const has = addresses.length === 0 ? 'it has no address' : `its address is ${addresses.join(', ')}`;
  if (address !== undefined && !addresses.includes(address)) lines.push(`${has}, and ${address} is configured`);
  if (subnet !== undefined && !addresses.some((each) => isIn(subnet, each))) {
    lines.push(`${has}, and one in ${subnet} is configured`);
  }
  if (gateway !== undefined && gateways.length > 0 && !gateways.includes(gateway)) {
    lines.push(`its gateway is ${gateways.join(', ')}, and ${gateway} is configured`);
  }
  // 0: not known.
  if (mtu !== undefined && observation.mtu !== 0 && observation.mtu !== mtu) {
    lines.push(`its MTU is ${observation.mtu}, and ${mtu} is configured`);
  }
  return lines;
}

function isIn(subnet: string, address: string): boolean {
  const [network, number] = [ipv4Network(subnet), ipv4Number(address)];
  return network !== undefined && number !== undefined && number >= network.first && number <= network.last;
}
