import type { Dataplane } from '../desired/dataplane.js';
import type { FlowMemories } from '../desired/generations.js';
import type { Ids } from '../desired/inputs.js';
import { elementKey } from '../../../lib/netlink/index.js';
import { rankedPortNumbers } from '../../../lib/dataplane-layout/index.js';

/**
 * What flows there may be, as the kernel tells it at start: by network instance, the port that is ranked first, and the
 * generation.
 */
export function adoptedMemories({ bridges, elements }: Dataplane, ids: Ids): FlowMemories {
  const labels = new Map([...ids.ports].map(([label, portNumber]) => [portNumber, label]));
  return new Map(
    [...bridges.values()].map(({ name, niId }) => {
      const ranking = elements.ni_ranking.get(elementKey([name]))?.value[0];
      const [inUse] = ranking === undefined ? [] : rankedPortNumbers(Number(ranking));
      const port = inUse === undefined ? undefined : labels.get(inUse);
      return [niId, { port, generation: Number(elements.ni_zone.get(elementKey([name]))?.value[0] ?? 1) }];
    }),
  );
}
