import { bridgeName } from '../../../lib/dataplane-layout/index.js';
import type { ReconcileReport } from '../reconcile/report.js';
import type { NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import type { Names, Owner } from './usage.js';

/** What the names of the kernel mean by the configuration in force. `statuses`: as they are told. */
export function namesOf(
  { inputs, ids }: Pick<ReconcileReport, 'inputs' | 'ids'>,
  statuses: Iterable<NetworkInstanceStatus>,
): Names {
  const { model } = inputs.config;
  const owners = new Map<string, Owner>();
  for (const { id, name } of model.networkInstances) {
    const number = ids.networkInstances.get(id);
    if (number === undefined) continue;
    const owner = { networkInstanceId: id, networkInstanceName: name, appId: '', appName: '' };
    owners.set(ownerKey(bridgeName(number), ''), owner);
  }
  for (const { bridge, networkInstanceId, displayName, appInterfaces } of statuses) {
    for (const { address, appId, appName } of appInterfaces) {
      owners.set(ownerKey(bridge, address), {
        ...{ networkInstanceId, networkInstanceName: displayName },
        ...{ appId, appName },
      });
    }
  }
  return {
    portLabels: new Map(model.ports.map(({ label, interfaceName }) => [interfaceName, label])),
    ownerOf: (bridge, address) => owners.get(ownerKey(bridge, address)),
  };
}

function ownerKey(bridge: string, address: string): string {
  return `${bridge} ${address}`;
}
