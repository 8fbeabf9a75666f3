import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { AssumedGrant } from '../../../gen/nim/v1/network_interface_manager.js';
import {
  checkPriorities,
  isKnownOperation,
  networkInstanceNamed,
  type Grant,
  type Named,
  type Problems,
} from '../../../lib/configuration/index.js';

/** Grants that there are not, as if there were, and without an end. What is wrong with them goes to `problems`. */
export function assumedGrants(
  grants: readonly AssumedGrant[],
  device: Pick<Named, 'networkInstances'>,
  problems: Problems,
): readonly Grant[] {
  return grants.map(({ operation, priorities, networkInstance }, index) => {
    const field = `grants[${index}]`;
    if (!isKnownOperation(operation)) problems.add(`${field}.operation`, `${operation} is no operation`);
    const wanted = checkPriorities(priorities, `${field}.priorities`, problems);
    if (wanted.length === 0) problems.add(`${field}.priorities`, 'must name at least one');
    if (networkInstance !== '' && operation !== NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC) {
      problems.add(`${field}.networkInstance`, 'only app traffic can be granted to one network instance');
    }
    const networkInstanceId =
      networkInstance === ''
        ? undefined
        : networkInstanceNamed(networkInstance, device, `${field}.networkInstance`, problems);
    return {
      ...{ id: 'assumed', operation, priorities: wanted, networkInstanceId, reason: '', author: '' },
      ...{ expiresAtWallMs: Infinity, endsAtBoottimeMs: Infinity },
    };
  });
}
