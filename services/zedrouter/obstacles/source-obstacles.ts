import { samePrefix } from '../../../lib/netlink/index.js';
import { oncePer } from '../../../lib/once/index.js';
import type { PortFacts } from '../desired/inputs.js';
import { networkOf } from '../../../lib/ipv4/index.js';
import { addressNear } from '../desired/staying.js';
import type { Obstacle } from './obstacle.js';

/**
 * The address that masquerade gives what apps send over a port; undefined: there is none. The kernel takes no notice of
 * the route's own source, nor of whether an address is deprecated (inet_select_addr of net/ipv4/devinet.c): the first
 * address whose subnet has the next hop in it, else the first. Of several in one subnet only the first is looked at,
 * the others are secondary. Without a gateway of IPv4 the next hop is wherever the packet goes: none of the subnets.
 */
export function masqueradedAs({ addresses, gateways }: PortFacts): string | undefined {
  const primary = addresses.filter(({ address, prefixLength }, position) => {
    const subnet = networkOf(address, prefixLength);
    return !addresses
      .slice(0, position)
      .some(
        (other) => other.prefixLength === prefixLength && samePrefix(networkOf(other.address, prefixLength), subnet),
      );
  });
  const gateway = gateways.find((each) => !each.includes(':'));
  const near = gateway === undefined ? undefined : addressNear(gateway, { addresses: primary });
  return near ?? primary[0]?.address;
}

/** Of ports over which apps leave by another address than the host does, and its tests do. */
export function sourceObstacles(ports: readonly PortFacts[]): readonly Obstacle[] {
  return ports.flatMap(sourceObstaclesOf);
}

/** Made once for what is known of a port: every network instance that follows it asks, with every status. */
const sourceObstaclesOf = oncePer((port: PortFacts): readonly Obstacle[] => {
  const { interfaceName, sourceAddress: own, addresses, routes } = port;
  const taken = masqueradedAs(port);
  // Without a way out nothing leaves.
  const leadsOut = routes.some(({ destination }) => destination.length === 0);
  if (own === undefined || taken === undefined || taken === own || !leadsOut) return [];
  const prefixLength = addresses.find(({ address }) => address === taken)?.prefixLength ?? 32;
  return [
    {
      kind: 'other-source',
      subject: `${taken} on ${interfaceName}`,
      detail: `apps leave over ${interfaceName} as ${taken}, the address that comes first there, and not as ${own}, the default route's: masquerade takes no notice of that`,
      remedy: `take ${taken} away and put it after ${own}: ip address del ${taken}/${prefixLength} dev ${interfaceName}, then add it again; or keep it on another interface`,
    },
  ];
});
