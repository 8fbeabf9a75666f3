import type { NetworkInstance } from '../../../lib/configuration/index.js';
import { portTable, PROTOCOL, routerBits, stayingByRouter, stayingMark } from '../../../lib/dataplane-layout/index.js';
import { everywhere, routeVia, samePrefix, type Route } from '../../../lib/netlink/index.js';
import type { NumberedPort, PortFacts } from './inputs.js';
import { addressNumber, networkOf } from '../../../lib/ipv4/index.js';

/** Where flows that stay on a port go there: by its best default route, or by that router in a network of it. */
export type StayingVia = { readonly kind: 'default-route' } | { readonly kind: 'router'; readonly address: string };

/** How packets stay on a port: their mark, the table that it asks, and what has to be in there beside what is. */
export interface Staying {
  readonly mark: number;
  readonly table: number;
  readonly route: Route | undefined;
}

const BY_DEFAULT_ROUTE: StayingVia = { kind: 'default-route' };

/** How flows of a network instance's default route, or of a static route that is a selection, go. */
export function stayingVia(gateway: string | undefined): StayingVia {
  return gateway === undefined ? BY_DEFAULT_ROUTE : { kind: 'router', address: gateway };
}

/** All that static routes name as next hops, routers and apps. */
export function namedRouters(instances: readonly Pick<NetworkInstance, 'staticRoutes'>[]): ReadonlySet<string> {
  const routers = new Set<string>();
  for (const { staticRoutes } of instances) {
    for (const { via } of staticRoutes) if (via.kind === 'gateway') routers.add(via.address);
  }
  return routers;
}

/** The first address of a port whose network has that address, too; undefined: none has. */
export function addressNear(address: string, { addresses }: Pick<PortFacts, 'addresses'>): string | undefined {
  return addresses.find((own) =>
    samePrefix(networkOf(address, own.prefixLength), networkOf(own.address, own.prefixLength)),
  )?.address;
}

/** A route over it can be made; without a carrier it is, and counts when there is one. */
export function takesRoutes(facts: PortFacts | undefined): facts is PortFacts {
  return facts !== undefined && facts.link !== 'missing' && facts.link !== 'admin-down' && facts.addresses.length > 0;
}

/**
 * Whether flows can stay on a port that is up when their route has left it. By a router they cannot where another
 * router, of another network of the port, has the same mark.
 */
export function canStay(via: StayingVia, facts: PortFacts, routers: ReadonlySet<string>): boolean {
  if (via.kind === 'default-route') return facts.routes[0]?.destination.length === 0;
  if (addressNear(via.address, facts) === undefined) return false;
  const bits = routerBits(addressNumber(via.address));
  return ![...routers].some(
    (other) =>
      other !== via.address && routerBits(addressNumber(other)) === bits && addressNear(other, facts) !== undefined,
  );
}

/** Undefined: flows cannot stay there. */
export function stayingOn(
  { number, facts }: NumberedPort,
  via: StayingVia,
  routers: ReadonlySet<string>,
): Staying | undefined {
  if (via.kind === 'default-route') {
    return { mark: stayingMark(number), table: portTable(number), route: undefined };
  }
  const source = addressNear(via.address, facts);
  if (source === undefined || !takesRoutes(facts) || !canStay(via, facts, routers)) return undefined;
  const { mark, table } = stayingByRouter(number, routerBits(addressNumber(via.address)));
  const way = { dev: facts.interfaceName, gateway: via.address, source };
  return { mark, table, route: routeVia({ ...way, table, protocol: PROTOCOL, destination: everywhere('inet') }) };
}
