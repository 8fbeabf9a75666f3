import type { PortMapStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { placedPortMaps } from '../desired/port-maps.js';
import type { ReconcileReport } from '../reconcile/report.js';

/** The port maps of these network instances, by UUID, and where each is open now. */
export function portMapStatuses(
  { inputs, ids }: Pick<ReconcileReport, 'inputs' | 'ids'>,
  niIds: readonly string[],
): PortMapStatus[] {
  const placed = placedPortMaps(inputs.config.model, ids);
  return niIds.flatMap((networkInstanceId) => {
    const inUse = inputs.selections.selections.get(networkInstanceId)?.armed[0];
    return (placed.get(networkInstanceId) ?? []).map(({ attached, portMap, appAddress, portLabels }) => ({
      networkInstanceId,
      appId: attached.app.id,
      protocol: portMap.protocol,
      externalPort: portMap.externalPort,
      appAddress,
      appPort: portMap.appPort,
      openOn: inUse !== undefined && portLabels.includes(inUse) ? inUse : '',
    }));
  });
}
