import {
  destinationText,
  isInSubnet,
  routeSelectionId,
  type DeviceModel,
  type NetworkInstance,
  type StaticRoute,
} from '../../../lib/configuration/index.js';
import {
  APP_ROUTES,
  MAX_ARMED_PORTS,
  PROTOCOL,
  routeFlowNumber,
  routeNumber,
  routeTable,
} from '../../../lib/dataplane-layout/index.js';
import { routeVia, type Route } from '../../../lib/netlink/index.js';
import type { Ids, PortFacts, Selection } from './inputs.js';
import { localInstances, type LocalInstance } from './local-instances.js';
import { madeOnceWithIds } from './made-once.js';
import { addressNear, takesRoutes } from './staying.js';
import { unreachableRoute } from './unreachable-route.js';

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

type WithRoutes = Pick<NetworkInstance, 'id' | 'network' | 'staticRoutes'>;

/** Whether a network instance has routes in a table of its own. */
export function hasOwnRoutes({ staticRoutes }: Pick<NetworkInstance, 'staticRoutes'>): boolean {
  return staticRoutes.some(isMade);
}

/** A default route by a label is not: the selection of the network instance is that, and its ranking. */
function isMade({ destination, via }: StaticRoute): boolean {
  return destination.length > 0 || via.kind === 'gateway';
}

/** A static route that is a selection of its own, and the number of its flows. */
export interface SelectedRoute {
  /** Of the selection. */
  readonly id: string;
  readonly via: StaticRoute['via'];
  readonly number: number;
}

/**
 * The static routes of a network instance that are selections of their own, in the order of the configuration: another
 * order gives the flows that there are to other routes.
 */
export function selectedRoutes(instance: WithRoutes): readonly SelectedRoute[] {
  return instance.staticRoutes
    .filter(({ destination, via }) => destination.length > 0 && !isByApp(instance, via))
    .map(({ destination, via }, index) => ({
      id: routeSelectionId(instance.id, destinationText(destination)),
      via,
      number: routeNumber(index),
    }));
}

/** Numbers of flows, by the id of the selection that they follow: network instances, and static routes of their own. */
export const flowNumbers: (model: DeviceModel, ids: Ids) => ReadonlyMap<string, number> = madeOnceWithIds(
  (model, ids) =>
    new Map(
      localInstances(model).flatMap((instance): (readonly [string, number])[] => {
        const number = ids.networkInstances.get(instance.id);
        if (number === undefined) return [];
        const routes = selectedRoutes(instance).map(
          (route) => [route.id, routeFlowNumber(number, route.number)] as const,
        );
        return [[instance.id, number], ...routes];
      }),
    ),
);

/** Whether the next hop is an app of the network instance, and no router in the network of a port. */
function isByApp({ network }: Pick<NetworkInstance, 'network'>, via: StaticRoute['via']): boolean {
  return via.kind === 'gateway' && network !== undefined && isInSubnet(via.address, network);
}

/** The app that everybody's default route leads to, if one does. */
export function routerApp(instance: Pick<NetworkInstance, 'network' | 'staticRoutes'>): string | undefined {
  const via = instance.staticRoutes.find(({ destination }) => destination.length === 0)?.via;
  return via?.kind === 'gateway' && isByApp(instance, via) ? via.address : undefined;
}

/**
 * The static routes of a network instance. Each has, in the table of its own, a route a way, the one in use first by
 * its metric: where a port loses its carrier the kernel takes the next, with nobody awake; and `unreachable` behind
 * them, so that what has a route of its own never goes by the default one.
 */
export function placedRoutes(placement: RoutePlace, inputs: OwnRouteInputs): readonly PlacedRoute[] {
  const { instance, number, bridge } = placement;
  const realms = new Map(selectedRoutes(instance).map((each) => [each.id, routeFlowNumber(number, each.number)]));
  return instance.staticRoutes.filter(isMade).map(({ destination, via }) => {
    const text = destinationText(destination);
    const isDefault = destination.length === 0;
    const own = { table: routeTable(number), protocol: PROTOCOL, destination };
    if (via.kind === 'gateway' && isByApp(instance, via)) {
      const realm = routeFlowNumber(number, APP_ROUTES);
      const route = routeVia({ ...own, realm, metric: 1, dev: bridge.name, gateway: via.address });
      return { destination: text, gateway: via.address, routes: [route], ports: [], problem: undefined };
    }
    const id = isDefault ? instance.id : routeSelectionId(instance.id, text);
    const armed = (inputs.selections.get(id)?.armed ?? []).slice(0, MAX_ARMED_PORTS);
    // What a default route carries are the flows of the network instance itself.
    const realm = isDefault ? undefined : realms.get(id);
    const ways = armed.flatMap((label) => wayOut(via, inputs.ports.get(label)));
    return {
      destination: text,
      gateway: via.kind === 'gateway' ? via.address : undefined,
      routes: ways.map((way, position) =>
        routeVia({ ...own, ...(realm === undefined ? {} : { realm }), metric: position + 1, ...way }),
      ),
      ports: armed,
      // NIM says why, port by port.
      problem: armed.length > 0 ? undefined : problemOf(via),
    };
  });
}

/** The routes of the table of its own; none where it has no static routes. */
export function ownRoutes(placement: RoutePlace, inputs: OwnRouteInputs): readonly Route[] {
  const made = placement.instance.staticRoutes.filter(isMade);
  return [
    ...placedRoutes(placement, inputs).flatMap(({ routes }) => routes),
    ...made.map(({ destination }) => unreachableRoute(placement.number, destination)),
  ];
}

function problemOf(via: StaticRoute['via']): string {
  return via.kind === 'ports'
    ? `no port labelled "${via.label}" can be used for it now`
    : `its gateway ${via.address} lies in no network of a port that the network instance may use now`;
}

/** By the best default route of the port, or by the router that the route names. */
function wayOut(
  via: StaticRoute['via'],
  facts: PortFacts | undefined,
): readonly Pick<Parameters<typeof routeVia>[0], 'dev' | 'gateway' | 'source' | 'isOnLink'>[] {
  if (!takesRoutes(facts)) return [];
  if (via.kind === 'gateway') {
    const source = addressNear(via.address, facts);
    return source === undefined ? [] : [{ dev: facts.interfaceName, gateway: via.address, source }];
  }
  const best = facts.routes[0];
  if (best?.destination.length !== 0) return [];
  const { gateway, source } = best;
  return [{ dev: facts.interfaceName, gateway, source, isOnLink: gateway !== undefined }];
}
