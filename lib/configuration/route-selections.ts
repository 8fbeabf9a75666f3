import type { NetworkInstance, StaticRoute } from './model.js';

/**
 * A static route by a label is a selection of its own. It is decided, tested and explained as a network instance would
 * be that asks for the ports which have both labels, under an id and a name of its own.
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
 * or go by what is known of the port: the network instance's target says nothing of where the route leads.
 */
export function withRouteSelections<Model extends { readonly networkInstances: readonly NetworkInstance[] }>(
  model: Model,
): Model {
  const selections = model.networkInstances.flatMap(routeSelections);
  return selections.length === 0 ? model : { ...model, networkInstances: [...model.networkInstances, ...selections] };
}

function routeSelections(instance: NetworkInstance): readonly NetworkInstance[] {
  return instance.staticRoutes.flatMap(({ destination, via }): readonly NetworkInstance[] => {
    if (via.kind !== 'ports' || destination.length === 0) return [];
    const text = destinationText(destination);
    return [
      {
        ...instance,
        id: routeSelectionId(instance.id, text),
        name: `${instance.name} to ${text}`,
        viaLabel: via.label,
        staticRoutes: [],
        test: { ...instance.test, target: via.target, furtherTargets: [], targetsNeeded: 1, gatewayPing: undefined },
      },
    ];
  });
}
