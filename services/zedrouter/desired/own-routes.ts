import {
  destinationText,
  routeSelectionId,
  type NetworkInstance,
  type StaticRoute,
} from '../../../lib/configuration/index.js';
import { MAX_ARMED_PORTS, PROTOCOL, routeFlowNumber, routeTable } from '../../../lib/dataplane-layout/index.js';
import { routeVia, samePrefix, type Route } from '../../../lib/netlink/index.js';
import type { PortFacts, Selection } from './inputs.js';
import { networkOf } from './ipv4.js';
import type { LocalInstance } from './local-instances.js';

/** Where the routes of a network instance are: its bridge by number and name. */
export interface RoutePlace {
  readonly instance: LocalInstance;
  readonly number: number;
  readonly bridge: { readonly name: string };
}

/** What a network instance's own routes follow from. */
export interface OwnRouteInputs {
  readonly ports: ReadonlyMap<string, PortFacts>;
  readonly selections: ReadonlyMap<string, Selection>;
}

/** A static route as it is in the kernel. */
export interface PlacedRoute {
  /** `198.51.100.0/24` */
  readonly destination: string;
  /** The next hop that the configuration names; undefined: it leads by a label. */
  readonly gateway: string | undefined;
  /** Empty: what is sent there is rejected. */
  readonly routes: readonly Route[];
  /** Labels of the ports that it leads by, the one in use first; empty: it leads to an app, or nowhere. */
  readonly ports: readonly string[];
  /** Why it leads nowhere, in words; undefined: it does. */
  readonly problem: string | undefined;
}

/** Below it in metric are the ways of a route: who asks for what they do not lead to, asks no other table. */
const UNREACHABLE_METRIC = 1_000;

/** Whether a network instance has routes that are made, beside its default route. */
export function hasOwnRoutes({ staticRoutes }: Pick<NetworkInstance, 'staticRoutes'>): boolean {
  return staticRoutes.some(isMade);
}

/** A default route of its own is not: the network instance's selection is that. */
function isMade({ destination }: StaticRoute): boolean {
  return destination.length > 0;
}

/**
 * The static routes of a network instance. Each has, in the table of its own, a route a way, the one in use first by
 * its metric: where a port loses its carrier the kernel takes the next, with nobody awake; and `unreachable` behind
 * them, so that what has a route of its own never goes by the default one.
 */
export function placedRoutes(placement: RoutePlace, inputs: OwnRouteInputs): readonly PlacedRoute[] {
  const { instance } = placement;
  return instance.staticRoutes.filter(isMade).map((route) => {
    const { destination, via } = route;
    const text = destinationText(destination);
    if (via.kind === 'ports') {
      const { armed = [] } = inputs.selections.get(routeSelectionId(instance.id, text)) ?? {};
      const ways = armed.slice(0, MAX_ARMED_PORTS).flatMap((label) => wayOut(placement, route, label, inputs));
      return {
        destination: text,
        gateway: undefined,
        routes: ways.map((way, position) => ({ ...way, metric: position + 1 })),
        ports: armed,
        // NIM says why, port by port.
        problem: armed.length > 0 ? undefined : `no port labelled "${via.label}" can be used for it now`,
      };
    }
    return { destination: text, gateway: via.address, ...viaGateway(placement, route, via.address, inputs) };
  });
}

/** The routes of the table of its own; none where it has no static routes. */
export function ownRoutes(placement: RoutePlace, inputs: OwnRouteInputs): readonly Route[] {
  const table = routeTable(placement.number);
  const made = placement.instance.staticRoutes.filter(isMade);
  return [
    ...placedRoutes(placement, inputs).flatMap(({ routes }) => routes),
    ...made.map(({ destination }): Route => ({
      ...routeVia({ table, destination, dev: '', protocol: PROTOCOL, metric: UNREACHABLE_METRIC }),
      type: 'unreachable',
      dev: undefined,
    })),
  ];
}

/** By the best default route of the port. */
function wayOut(
  placement: RoutePlace,
  { destination }: StaticRoute,
  label: string,
  { ports }: OwnRouteInputs,
): Route[] {
  const facts = ports.get(label);
  const best = facts?.routes[0];
  if (!isUp(facts) || best?.destination.length !== 0) return [];
  const { gateway, source } = best;
  return [
    routeVia({
      ...{
        table: routeTable(placement.number),
        protocol: PROTOCOL,
        metric: 1,
        realm: routeFlowNumber(placement.number),
      },
      ...{ destination, dev: facts.interfaceName, gateway, source, isOnLink: gateway !== undefined },
    }),
  ];
}

/** To an app of the network instance, or to a router in the network of a port that it may use. */
function viaGateway(
  placement: RoutePlace,
  { destination }: StaticRoute,
  gateway: string,
  { ports, selections }: OwnRouteInputs,
): Omit<PlacedRoute, 'destination' | 'gateway'> {
  const { instance, bridge, number } = placement;
  const subnet = { address: instance.network.subnet, length: instance.network.prefixLength };
  const realm = routeFlowNumber(number);
  const own = { table: routeTable(number), protocol: PROTOCOL, metric: 1, destination, gateway };
  if (samePrefix(networkOf(gateway, subnet.length), subnet)) {
    return { routes: [routeVia({ ...own, realm, dev: bridge.name })], ports: [], problem: undefined };
  }
  const permitted = (selections.get(instance.id)?.permitted ?? []).flatMap((label) => ports.get(label) ?? []);
  for (const facts of permitted) {
    const near = facts.addresses.find(({ address, prefixLength }) =>
      samePrefix(networkOf(gateway, prefixLength), networkOf(address, prefixLength)),
    );
    if (near === undefined || !isUp(facts)) continue;
    const way = routeVia({ ...own, realm, dev: facts.interfaceName, source: near.address });
    return { routes: [way], ports: [facts.label], problem: undefined };
  }
  const problem = `its gateway ${gateway} lies in no network of a port that the network instance may use now`;
  return { routes: [], ports: [], problem };
}

/** A route over it can be made; without a carrier it is, and counts when there is one. */
function isUp(facts: PortFacts | undefined): facts is PortFacts {
  return facts !== undefined && facts.link !== 'missing' && facts.link !== 'admin-down' && facts.addresses.length > 0;
}
