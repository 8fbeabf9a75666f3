import {
  DEAD_END_REALM,
  DEAD_END_TABLE,
  PROTOCOL,
  SUBNET_TABLE,
  portTable,
} from '../../../lib/dataplane-layout/index.js';
import { everywhere, routeKey, routeVia, samePrefix, type Prefix, type Route } from '../../../lib/netlink/index.js';
import { networkOf } from '../../../lib/ipv4/index.js';
import type { NumberedPort, PortFacts } from './inputs.js';

/**
 * Each port's table: the subnets of its addresses, and whatever else the host's routes say of the port: ways out with
 * and without a gateway, further networks, second routers, each with its metric. The source is named, so that the
 * kernel drops a route with its address; `onlink`, because a gateway outside the subnet is usual on LTE.
 */
export function portRoutes(ports: readonly NumberedPort[]): readonly Route[] {
  const routes = new Map<string, Route>();
  const add = (route: Route): void => {
    const key = routeKey(route);
    if (!routes.has(key)) routes.set(key, route);
  };
  for (const { number, facts } of ports) {
    if (facts.link === 'missing' || facts.link === 'admin-down') continue;
    const own = { table: portTable(number), dev: facts.interfaceName, protocol: PROTOCOL };
    for (const destination of subnetsOf(facts)) {
      add(routeVia({ ...own, destination, source: sourceWithin(destination, facts) }));
    }
    // Without an address the kernel would take one of another port.
    if (facts.addresses.length === 0) continue;
    for (const { destination, gateway, source, metric } of facts.routes) {
      add(routeVia({ ...own, destination, gateway, source, metric, isOnLink: gateway !== undefined }));
    }
  }
  return [...routes.values()];
}

function subnetsOf({ addresses }: PortFacts): readonly Prefix[] {
  return addresses.flatMap(({ address, prefixLength }) =>
    prefixLength === 32 ? [] : [networkOf(address, prefixLength)],
  );
}

/** The port's source where it lies in the subnet; else the first address there, deprecated ones last. */
function sourceWithin(subnet: Prefix, { addresses, sourceAddress }: PortFacts): string | undefined {
  const within = addresses.filter(({ address, prefixLength }) => samePrefix(networkOf(address, prefixLength), subnet));
  const best =
    within.find(({ address }) => address === sourceAddress) ?? within.find((each) => !each.isDeprecated) ?? within[0];
  return best?.address;
}

/**
 * One a port, for names that are asked for over it while its own table has no way (no carrier, no address): a route
 * of type `local` outlives the carrier, and what goes by its realm is refused. Then whoever asks hears so at once, and
 * asks over the next port.
 */
export function deadEndRoutes(ports: readonly NumberedPort[]): readonly Route[] {
  return ports.flatMap(({ number, facts: { link, interfaceName } }) =>
    link === 'missing' || link === 'admin-down'
      ? []
      : [
          routeVia({
            ...{ type: 'local', table: DEAD_END_TABLE, destination: everywhere('inet'), dev: interfaceName },
            ...{ metric: number, realm: DEAD_END_REALM, protocol: PROTOCOL },
          }),
        ],
  );
}

/** The way back to the apps. */
export function subnetRoute(subnet: Prefix, bridge: string): Route {
  return routeVia({ table: SUBNET_TABLE, destination: subnet, dev: bridge, protocol: PROTOCOL });
}
