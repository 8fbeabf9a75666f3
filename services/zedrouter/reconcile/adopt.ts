import type { Dataplane } from '../desired/dataplane.js';
import { DRAIN_GRACE_MS } from '../desired/elements.js';
import type { FlowMemories, FlowMemory } from '../desired/generations.js';
import type { Drain, Ids } from '../desired/inputs.js';
import { localInstances } from '../desired/local-instances.js';
import { flowNumbers, selectedRoutes } from '../desired/own-routes.js';
import { routeSelectionOf, type DeviceModel } from '../../../lib/configuration/index.js';
import { elementKey, formatPrefix, type SetElements } from '../../../lib/netlink/index.js';
import {
  flowMark,
  isRouteTable,
  isTunnelInnerMark,
  portOfMark,
  rankedPortNumbers,
  routeTable,
} from '../../../lib/dataplane-layout/index.js';

/**
 * What flows there may be, as the kernel tells it at start: by network instance, the port that is ranked first, the
 * generation, and the ports that it has left and whose flows stay.
 */
export function adoptedMemories(dataplane: Dataplane, model: DeviceModel, ids: Ids): FlowMemories {
  const { bridges, elements } = dataplane;
  const labels = new Map([...ids.ports].map(([label, portNumber]) => [portNumber, label]));
  const own = new Map(
    [...bridges.values()].flatMap(({ name, niId }) => {
      const ranking = elements.ni_ranking.get(elementKey([name]))?.value[0];
      // Flows inside a tunnel stay where they are, whichever port it leaves by.
      if (ranking !== undefined && isTunnelInnerMark(Number(ranking))) return [];
      const [inUse] = ranking === undefined ? [] : rankedPortNumbers(Number(ranking));
      const port = inUse === undefined ? undefined : labels.get(inUse);
      const generation = Number(elements.ni_zone.get(elementKey([name]))?.value[0] ?? 1);
      const drains = drainsOf(ids.networkInstances.get(niId), elements.ni_drain, labels);
      return [[niId, { port, generation, drains }] as const];
    }),
  );
  return new Map([...own, ...routeMemories(dataplane, model, ids, labels)]);
}

/** Of static routes, by the way that is the first of each. */
function routeMemories(
  { routes, elements }: Dataplane,
  model: DeviceModel,
  ids: Ids,
  labels: ReadonlyMap<number, string>,
): FlowMemories {
  const ways = [...routes.values()].filter(({ table, type }) => isRouteTable(table) && type === 'unicast');
  const flows = flowNumbers(model, ids);
  return new Map(
    localInstances(model).flatMap((instance) => {
      const niNumber = ids.networkInstances.get(instance.id) ?? 0;
      return selectedRoutes(instance).flatMap(({ id }): (readonly [string, FlowMemory])[] => {
        const [first] = ways
          .filter(
            (way) =>
              way.table === routeTable(niNumber) && formatPrefix(way.destination) === routeSelectionOf(id)?.destination,
          )
          .sort((a, b) => a.metric - b.metric);
        const mark = elements.port_mark.get(elementKey([first?.dev ?? '']))?.value[0];
        const port = mark === undefined ? undefined : labels.get(portOfMark(Number(mark)));
        return [[id, { port, generation: 1, drains: drainsOf(flows.get(id), elements.ni_drain, labels) }]];
      });
    }),
  );
}

function drainsOf(
  niNumber: number | undefined,
  drains: SetElements,
  labels: ReadonlyMap<number, string>,
): ReadonlyMap<string, Drain> {
  const found = new Map<string, Drain>();
  if (niNumber === undefined) return found;
  for (const [portNumber, label] of labels) {
    const endsAtMs = drains.get(elementKey([flowMark(portNumber, niNumber)]))?.endsAtBoottimeMs;
    if (endsAtMs !== undefined) found.set(label, { endsAtBoottimeMs: endsAtMs - DRAIN_GRACE_MS });
  }
  return found;
}
