import type { Dataplane } from '../desired/dataplane.js';
import { DRAIN_GRACE_MS } from '../desired/desire.js';
import type { FlowMemories } from '../desired/generations.js';
import type { Drain, Ids } from '../desired/inputs.js';
import { elementKey, type SetElements } from '../../../lib/netlink/index.js';
import { flowMark, rankedPortNumbers } from '../../../lib/dataplane-layout/index.js';

/**
 * What flows there may be, as the kernel tells it at start: by network instance, the port that is ranked first, the
 * generation, and the ports that it has left and whose flows stay.
 */
export function adoptedMemories({ bridges, elements }: Dataplane, ids: Ids): FlowMemories {
  const labels = new Map([...ids.ports].map(([label, portNumber]) => [portNumber, label]));
  return new Map(
    [...bridges.values()].map(({ name, niId }) => {
      const ranking = elements.ni_ranking.get(elementKey([name]))?.value[0];
      const [inUse] = ranking === undefined ? [] : rankedPortNumbers(Number(ranking));
      const port = inUse === undefined ? undefined : labels.get(inUse);
      const generation = Number(elements.ni_zone.get(elementKey([name]))?.value[0] ?? 1);
      return [niId, { port, generation, drains: drainsOf(ids.networkInstances.get(niId), elements.ni_drain, labels) }];
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
