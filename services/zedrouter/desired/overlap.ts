import { formatPrefix, type Prefix } from '../../../lib/netlink/index.js';
import { addressNumber, networkOf, overlap, type Ipv4Range } from '../../../lib/ipv4/index.js';
import { oncePer } from '../../../lib/once/index.js';
import type { PortFacts } from './inputs.js';
import type { LocalInstance } from './local-instances.js';

/** Addresses that a port's link uses. */
export interface PortNetwork extends Ipv4Range {
  /** Logical label of the port. */
  readonly port: string;
  /** In words: `10.77.0.57/24`. */
  readonly text: string;
}

/** The subnets of all ports' addresses, and gateways that lie outside of them. */
export function portNetworks(ports: Iterable<PortFacts>): readonly PortNetwork[] {
  return [...ports].flatMap(({ label, link, addresses, routes }): readonly PortNetwork[] => {
    if (link === 'missing') return [];
    const subnets = addresses.map(({ address, prefixLength }) => ({
      ...rangeOf(networkOf(address, prefixLength)),
      ...{ port: label, text: `${address}/${prefixLength}` },
    }));
    const gateways = routes.flatMap(({ gateway }) => (gateway === undefined || gateway.includes(':') ? [] : [gateway]));
    return [
      ...subnets,
      ...[...new Set(gateways)].map((gateway) => ({
        ...rangeOf({ address: gateway, length: 32 }),
        ...{ port: label, text: `gateway ${gateway}` },
      })),
    ];
  });
}

/**
 * The first network of a port that shares addresses with a network instance's subnet; undefined: none does. What is
 * sent to such an address can go one way only, so the network instance gives way (as in EVE: an error of its own until
 * one of them changes), and neither the port nor the other network instances suffer.
 */
export function overlapOf(subnet: Prefix, networks: readonly PortNetwork[]): PortNetwork | undefined {
  const range = rangeOf(subnet);
  return networks.find((network) => overlap(network, range));
}

/** What is wrong, and what to do about it. */
export function describeOverlap(subnet: Prefix, { port, text }: PortNetwork): string {
  return (
    `its subnet ${formatPrefix(subnet)} overlaps the network of port ${port} (${text}), so it is out of service until ` +
    'one of them changes: give it another subnet (networkInstances[].ip.subnet), or the port another network'
  );
}

/**
 * Why a network instance is out of service, and what to do: its subnet, or an address of its tunnel, is in a port's
 * network; undefined: it is not.
 */
export function outOfServiceBecause(
  { network, tunnel }: Pick<LocalInstance, 'network' | 'tunnel'>,
  networks: readonly PortNetwork[],
): string | undefined {
  const range = rangeOfSubnet(network);
  const taken = networks.find((each) => overlap(each, range));
  if (taken !== undefined) return describeOverlap(subnetOf(network), taken);
  for (const address of tunnel?.addresses ?? []) {
    const within = overlapOf({ address, length: 32 }, networks);
    if (within === undefined) continue;
    return (
      `its tunnel's address ${address} lies in the network of port ${within.port} (${within.text}), so it is out of ` +
      'service until one of them changes: give the tunnel another address (networkInstances[].wireguard.addresses), ' +
      'or the port another network'
    );
  }
  return undefined;
}

/** It does not change; each decision asks for those of all network instances. */
const rangeOfSubnet = oncePer((network: LocalInstance['network']): Ipv4Range => rangeOf(subnetOf(network)));

function subnetOf({ subnet, prefixLength }: LocalInstance['network']): Prefix {
  return { address: subnet, length: prefixLength };
}

function rangeOf({ address, length }: Prefix): Ipv4Range {
  const first = addressNumber(address);
  return { first, last: first + 2 ** (32 - length) - 1 };
}
