import { routeSelectionOf } from '../../../lib/configuration/index.js';
import type { Decision, Selection } from '../../../lib/decision/decide/index.js';

/** What was decided for a network instance, and for each of its static routes by a label. */
export interface InstanceSelections {
  readonly own: Selection;
  readonly routes: readonly RouteSelected[];
}

interface RouteSelected {
  readonly destination: string;
  readonly selection: Selection;
}

/** The selections of a decision, by the UUID of the network instance; those for routes with the one that has them. */
export function byNetworkInstance({
  selections,
}: Pick<Decision, 'selections'>): ReadonlyMap<string, InstanceSelections> {
  const routes = new Map<string, RouteSelected[]>();
  for (const [id, selection] of selections) {
    const route = routeSelectionOf(id);
    if (route === undefined) continue;
    const one = { destination: route.destination, selection };
    const others = routes.get(route.networkInstanceId);
    if (others === undefined) routes.set(route.networkInstanceId, [one]);
    else others.push(one);
  }
  return new Map(
    [...selections].flatMap(([id, own]) =>
      routeSelectionOf(id) === undefined ? [[id, { own, routes: routes.get(id) ?? [] }] as const] : [],
    ),
  );
}
