import { isPortTable } from '../../../lib/dataplane-layout/index.js';
import {
  formatObservedRoute,
  isDefaultRoute,
  isWithin,
  type LinkState,
  type ObservedAddress,
  type ObservedRoute,
} from '../../../lib/decision/snapshot/index.js';
import type { Link, LinkAddress, NextHop, Route, RouteHeader } from '../../../lib/netlink/index.js';

/**
 * The carrier is that of all kinds of links, not the operational state: modems and tunnels leave it at UNKNOWN
 * (Documentation/networking/operstates.rst of Linux). Where the kernel does not send over it yet, it is none: what is
 * sent meanwhile is dropped.
 */
export function linkStateOf({ isUp, hasLowerUp, isNotRunning }: Link): LinkState {
  if (!isUp) return 'admin-down';
  return hasLowerUp && !isNotRunning ? 'up' : 'no-carrier';
}

/** `02:16:3e:06:00:01` */
const MAC_ADDRESS_LENGTH = 17;

/** Empty where the link's hardware address is none of Ethernet's (EUI-48), as that of a tunnel. */
export function macAddressOf({ macAddress }: Link): string {
  return macAddress?.length === MAC_ADDRESS_LENGTH ? macAddress : '';
}

/** The IPv4 addresses of global scope, in the kernel's order. */
export function observedAddresses(addresses: readonly LinkAddress[]): readonly ObservedAddress[] {
  return addresses
    .filter(({ family, scope }) => family === 'inet' && scope === 'global')
    .map(({ address, prefixLength, isDeprecated }) =>
      isDeprecated ? { address, prefixLength, isDeprecated } : { address, prefixLength },
    );
}

/** linux/rtnetlink.h, RT_TABLE_* and RTPROT_KERNEL */
const TABLE = { main: 254, local: 255 } as const;
const PROTOCOL_KERNEL = 2;

/** Whether a route may be one of a port: of IPv4, and not of the tables that are made from what is read here. */
export function isOfInterest({ family, table, type }: RouteHeader): boolean {
  return family === 'inet' && type === 'unicast' && table !== TABLE.local && !isPortTable(table);
}

/**
 * The host's IPv4 routes by these interfaces, each once: default routes first, best metric first, then the others. They
 * are those of the main table; and where that has no default route over an interface, those of the first other table
 * that has one: network managers may keep a table for each interface. Other tables are for what their owners know. The
 * subnets of addresses are left out: the addresses say them.
 */
export function routesByInterface(
  routes: readonly Route[],
  interfaceNames: ReadonlySet<string>,
): ReadonlyMap<string, readonly ObservedRoute[]> {
  const hops = routes.filter(isOfInterest).flatMap(hopsOf);
  const ofInterface = new Map<string, RouteHop[]>();
  for (const hop of hops) {
    if (hop.dev === undefined || !interfaceNames.has(hop.dev)) continue;
    const others = ofInterface.get(hop.dev);
    if (others === undefined) ofInterface.set(hop.dev, [hop]);
    else others.push(hop);
  }
  return new Map([...ofInterface].map(([name, all]) => [name, routesOfPort(all)]));
}

/** A route by one of its ways. */
interface RouteHop extends NextHop {
  readonly route: Route;
}

function hopsOf(route: Route): readonly RouteHop[] {
  const hops: readonly NextHop[] = route.nextHops.length > 0 ? route.nextHops : [route];
  return hops.map(({ gateway, dev, isOnLink }) => ({ gateway, dev, isOnLink, route }));
}

function routesOfPort(hops: readonly RouteHop[]): readonly ObservedRoute[] {
  const table = tableOfDefault(hops);
  const seen = new Set<string>();
  return hops
    .filter(({ route }) => (route.table === TABLE.main || route.table === table) && !isSubnetOfAddress(route))
    .map(observedRoute)
    .sort((a, b) => a.destination.prefixLength - b.destination.prefixLength || compareRoutes(a, b))
    .filter((route) => {
      const text = formatObservedRoute(route);
      const isNew = !seen.has(text);
      seen.add(text);
      return isNew;
    });
}

/** The main table where it has a default route, else the first that has; undefined: there is none. */
function tableOfDefault(hops: readonly RouteHop[]): number | undefined {
  const tables = hops.filter(({ route }) => route.destination.length === 0).map(({ route }) => route.table);
  return tables.includes(TABLE.main) ? TABLE.main : tables.sort((a, b) => a - b)[0];
}

/** What the kernel itself makes of an address: `192.0.2.0/24 proto kernel src 192.0.2.7`. */
function isSubnetOfAddress({ protocol, source, destination }: Route): boolean {
  const { address, length: prefixLength } = destination;
  return protocol === PROTOCOL_KERNEL && source !== undefined && isWithin(source, { address, prefixLength });
}

function observedRoute({ gateway, isOnLink, route }: RouteHop): ObservedRoute {
  const { destination, source, metric } = route;
  const { address, length: prefixLength } = destination;
  return { destination: { address, prefixLength }, gateway, source, metric, isOnLink };
}

/** Equal ones keep the kernel's order: by metric for default routes, else such that a reading compares with another. */
function compareRoutes(a: ObservedRoute, b: ObservedRoute): number {
  if (isDefaultRoute(a)) return a.metric - b.metric;
  return compareStrings(a.destination.address, b.destination.address) || a.metric - b.metric;
}

function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
