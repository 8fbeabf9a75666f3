import type { NetworkInstance, StaticRoute } from './model.js';
import { isInSubnet } from './static-routes.js';

/**
 * A static route by a label, or by a router in the network of a port, is a selection of its own. It is decided, tested
 * and explained as a network instance would be that asks for the ports which have both labels, or the router, under an
 * id and a name of its own. The default route is the selection of the network instance itself.
 */
export interface RouteSelection {
  /** UUID of the network instance that has the route. */
  readonly networkInstanceId: string;
  /** `198.51.100.0/24` */
  readonly destination: string;
}

/** Text of a destination, as it stands in ids, names and messages. */
export function destinationText({ address, length }: StaticRoute['destination']): string {
  return `${address}/${length}`;
}

/** The id of the selection for a route; no UUID, so it is no network instance's. */
export function routeSelectionId(networkInstanceId: string, destination: string): string {
  return `${networkInstanceId} ${destination}`;
}

/** What route a selection is for; undefined: it is a network instance's own. */
export function routeSelectionOf(id: string): RouteSelection | undefined {
  const [networkInstanceId, destination] = id.split(' ');
  return networkInstanceId === undefined || destination === undefined ? undefined : { networkInstanceId, destination };
}

/**
 * The same with the selections for static routes after the network instances. Their tests have a target of their own,
 * go by a ping of the gateway, or by what is known of the port: the network instance's target says nothing of where the
 * route leads.
 */
export function withRouteSelections<Model extends { readonly networkInstances: readonly NetworkInstance[] }>(
  model: Model,
): Model {
  const selections = model.networkInstances.flatMap(routeSelections);
  return selections.length === 0 ? model : { ...model, networkInstances: [...model.networkInstances, ...selections] };
}

function routeSelections(instance: NetworkInstance): readonly NetworkInstance[] {
  return instance.staticRoutes.flatMap(({ destination, via }): readonly NetworkInstance[] => {
    const { network } = instance;
    const isToApp = via.kind === 'gateway' && network !== undefined && isInSubnet(via.address, network);
    if (destination.length === 0 || isToApp) return [];
    const text = destinationText(destination);
    const gatewayPing = via.gatewayPing === undefined ? undefined : { ...via.gatewayPing, outranksController: true };
    return [
      {
        ...instance,
        id: routeSelectionId(instance.id, text),
        name: `${instance.name} to ${text}`,
        ...(via.kind === 'ports'
          ? { viaLabel: via.label, viaGateway: undefined, ignoresPriority: via.prefersLowerCost !== true }
          : { viaLabel: undefined, viaGateway: via.address, ignoresPriority: false }),
        staticRoutes: [],
        test: {
          ...instance.test,
          target: via.kind === 'ports' ? via.target : undefined,
          ...{ furtherTargets: [], targetsNeeded: 1, gatewayPing },
        },
      },
    ];
  });
}
