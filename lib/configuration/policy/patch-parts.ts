import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { NetworkInstancePatch, OperationPatch, PolicyPatch, PortPatch } from '../../../gen/zedagent/v1/policy.js';

/* The parts of a policy patch. A value of undefined takes the override back. */

/** A patch of what is named. */
export function patchOf(parts: Partial<PolicyPatch>): PolicyPatch {
  return { ports: [], operations: [], networkInstances: [], ...parts };
}

/** A port's priority. */
export function portPriority(logicalLabel: string, priority: number | undefined): PortPatch {
  const priorityChange: PortPatch['priorityChange'] =
    priority === undefined ? { $case: 'takeBackPriority', value: {} } : { $case: 'priority', value: priority };
  return { logicalLabel, priorityChange, allowedOperationsChange: undefined };
}

/** What a port may be used for; an empty list means every operation. */
export function portOperations(logicalLabel: string, operations: readonly NetworkOperation[] | undefined): PortPatch {
  const allowedOperationsChange: PortPatch['allowedOperationsChange'] =
    operations === undefined
      ? { $case: 'takeBackAllowedOperations', value: {} }
      : { $case: 'allowedOperations', value: { operations: [...operations] } };
  return { logicalLabel, priorityChange: undefined, allowedOperationsChange };
}

/** An operation's priorities; an empty list means no port. */
export function operationPriorities(
  operation: NetworkOperation,
  priorities: readonly number[] | undefined,
): OperationPatch {
  const allowedChange: OperationPatch['allowedChange'] =
    priorities === undefined
      ? { $case: 'takeBackAllowed', value: {} }
      : { $case: 'allowed', value: { priorities: [...priorities] } };
  return { operation, allowedChange };
}

/** A network instance's priorities; an empty list means no port. */
export function networkInstancePriorities(
  networkInstance: string,
  priorities: readonly number[] | undefined,
): NetworkInstancePatch {
  const allowedPrioritiesChange: NetworkInstancePatch['allowedPrioritiesChange'] =
    priorities === undefined
      ? { $case: 'takeBackAllowedPriorities', value: {} }
      : { $case: 'allowedPriorities', value: { priorities: [...priorities] } };
  return { networkInstance, allowedPrioritiesChange };
}
