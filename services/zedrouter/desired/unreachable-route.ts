import { PROTOCOL, routeTable } from '../../../lib/dataplane-layout/index.js';
import { routeVia, type Route } from '../../../lib/netlink/index.js';

/** Below it in metric are the ways of a network instance to a destination. */
const UNREACHABLE_METRIC = 1_000;

/** What ends a destination in a network instance's own table: whoever finds no way there asks no other table. */
export function unreachableRoute(niNumber: number, destination: Route['destination']): Route {
  const own = { table: routeTable(niNumber), protocol: PROTOCOL, destination };
  return { ...routeVia({ ...own, dev: '', metric: UNREACHABLE_METRIC }), type: 'unreachable', dev: undefined };
}
