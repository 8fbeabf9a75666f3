import { PROTOCOL, SUBNET_TABLE, portTable } from '../../../lib/dataplane-layout/index.js';
import { everywhere, routeKey, routeVia, type Prefix, type Route } from '../../../lib/netlink/index.js';
import { networkOf } from './ipv4.js';
import type { NumberedPort } from './inputs.js';

/**
 * Each port's table: what is on its link, and the way out. The source is named, so that the kernel drops the route
 * with the address; `onlink`, because a gateway outside the subnet is usual on LTE.
 */
export function portRoutes(ports: readonly NumberedPort[]): readonly Route[] {
  const routes = new Map<string, Route>();
  for (const { number, facts } of ports) {
    if (facts.link === 'missing' || facts.link === 'admin-down') continue;
    const own = { table: portTable(number), dev: facts.interfaceName, protocol: PROTOCOL };
    for (const { address, prefixLength } of facts.addresses) {
      if (prefixLength === 32) continue;
      const route = routeVia({ ...own, destination: networkOf(address, prefixLength), source: address });
      const key = routeKey(route);
      if (!routes.has(key)) routes.set(key, route);
    }
    const source = facts.addresses[0];
    const gateway = facts.gateways[0];
    if (source === undefined || gateway === undefined) continue;
    const way = { gateway, source: source.address, isOnLink: true };
    const wayOut = routeVia({ ...own, destination: everywhere('inet'), ...way });
    routes.set(routeKey(wayOut), wayOut);
  }
  return [...routes.values()];
}

/** The way back to the apps. */
export function subnetRoute(subnet: Prefix, bridge: string): Route {
  return routeVia({ table: SUBNET_TABLE, destination: subnet, dev: bridge, protocol: PROTOCOL });
}
