import { PROTOCOL, SUBNET_TABLE, portTable } from '../../../lib/dataplane-layout/index.js';
import { networkOf } from './ipv4.js';
import type { NumberedPort } from './inputs.js';

/** A route's key: two routes with the same key replace each other. */
export function routeKey(table: number, destination: string): string {
  return `${table} ${destination}`;
}

/**
 * Each port's table: what is on its link, and the way out. The source is named, so that the kernel drops the route
 * with the address; `onlink`, because a gateway outside the subnet is usual on LTE.
 */
export function portRoutes(ports: readonly NumberedPort[]): ReadonlyMap<string, string> {
  const routes = new Map<string, string>();
  for (const { number, facts } of ports) {
    if (facts.link === 'missing' || facts.link === 'admin-down') continue;
    const table = portTable(number);
    const device = facts.interfaceName;
    const own = `table ${table} proto ${PROTOCOL}`;
    for (const { address, prefixLength } of facts.addresses) {
      if (prefixLength === 32) continue;
      const network = networkOf(address, prefixLength);
      const key = routeKey(table, network);
      if (!routes.has(key)) routes.set(key, `${network} dev ${device} src ${address} ${own}`);
    }
    const source = facts.addresses[0];
    const gateway = facts.gateways[0];
    if (source === undefined || gateway === undefined) continue;
    routes.set(routeKey(table, 'default'), `default via ${gateway} dev ${device} src ${source.address} ${own} onlink`);
  }
  return routes;
}

/** The way back to the apps. */
export function subnetRoute(subnet: string, bridge: string): string {
  return `${subnet} dev ${bridge} table ${SUBNET_TABLE} proto ${PROTOCOL}`;
}
