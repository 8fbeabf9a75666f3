import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type {
  NetworkInstancePatch,
  OperationPatch,
  PolicyOverride,
  PolicyPatch,
  PortPatch,
} from '../../../gen/zedagent/v1/policy.js';
import { checkPriorities } from '../policies.js';
import { HIGHEST_PRIORITY, isKnownOperation } from '../ports.js';
import type { Problems } from '../problems.js';
import { networkInstanceNamed, type Named } from './named.js';

export type OverrideValue = NonNullable<PolicyOverride['value']>;

/** What can be overridden. */
export type OverrideTarget =
  | { readonly kind: 'port-priority' | 'port-operations'; readonly label: string }
  | { readonly kind: 'operation-priorities'; readonly operation: NetworkOperation }
  | { readonly kind: 'network-instance-priorities'; readonly id: string };

/** One change of a patch: a value to put over the configuration, or (undefined) the override to take back. */
export interface RequestedChange {
  readonly target: OverrideTarget;
  readonly value: OverrideValue | undefined;
}

/**
 * The changes that a patch asks for, each checked against the device; whatever is wrong goes to `problems`, by field of
 * the patch.
 */
export function requestedChanges(patch: PolicyPatch, model: Named, problems: Problems): readonly RequestedChange[] {
  problems.unique(
    patch.ports,
    ({ logicalLabel }) => logicalLabel,
    (index) => `ports[${index}].logicalLabel`,
    'the port',
  );
  problems.unique(
    patch.operations,
    ({ operation }) => String(operation),
    (index) => `operations[${index}].operation`,
    'the operation',
  );
  const instances = patch.networkInstances.map((each, index) => {
    const field = `networkInstances[${index}]`;
    const id = networkInstanceNamed(each.networkInstance, model, `${field}.networkInstance`, problems);
    return { each, field, id };
  });
  problems.unique(
    instances,
    ({ id }) => id ?? '',
    (index) => `networkInstances[${index}].networkInstance`,
    'the network instance',
  );
  return [
    ...patch.ports.flatMap((each, index) => ofPort(each, `ports[${index}]`, model, problems)),
    ...patch.operations.flatMap((each, index) => ofOperation(each, `operations[${index}]`, problems)),
    ...instances.flatMap(({ each, field, id }) => ofNetworkInstance(each, id, field, problems)),
  ];
}

function ofPort(
  { logicalLabel, priorityChange, allowedOperationsChange }: PortPatch,
  field: string,
  model: Named,
  problems: Problems,
): readonly RequestedChange[] {
  if (!model.ports.some(({ label }) => label === logicalLabel)) {
    const known = model.ports.map(({ label }) => label).join(', ');
    problems.add(
      `${field}.logicalLabel`,
      `there is no port ${JSON.stringify(logicalLabel)}; ports are ${known || 'none'}`,
    );
  }
  if (priorityChange === undefined && allowedOperationsChange === undefined)
    problems.add(field, 'names nothing to change');
  const changes: RequestedChange[] = [];
  if (priorityChange !== undefined) {
    const target = { kind: 'port-priority', label: logicalLabel } as const;
    if (priorityChange.$case === 'takeBackPriority') changes.push({ target, value: undefined });
    else {
      const { value: priority } = priorityChange;
      if (priority > HIGHEST_PRIORITY) {
        problems.add(`${field}.priority`, `must be 0 to ${HIGHEST_PRIORITY}, and is ${priority}`);
      }
      changes.push({ target, value: { $case: 'portPriority', value: { logicalLabel, priority } } });
    }
  }
  if (allowedOperationsChange !== undefined) {
    const target = { kind: 'port-operations', label: logicalLabel } as const;
    if (allowedOperationsChange.$case === 'takeBackAllowedOperations') changes.push({ target, value: undefined });
    else {
      const { operations } = allowedOperationsChange.value;
      operations.forEach((operation, index) => {
        if (isKnownOperation(operation)) return;
        problems.add(`${field}.allowedOperations.operations[${index}]`, `${operation} is no operation`);
      });
      const distinct = [...new Set(operations)].sort((a, b) => a - b);
      changes.push({ target, value: { $case: 'portOperations', value: { logicalLabel, operations: distinct } } });
    }
  }
  return changes;
}

function ofOperation(
  { operation, allowedChange }: OperationPatch,
  field: string,
  problems: Problems,
): readonly RequestedChange[] {
  if (!isKnownOperation(operation)) problems.add(`${field}.operation`, `${operation} is no operation`);
  const target = { kind: 'operation-priorities', operation } as const;
  switch (allowedChange?.$case) {
    case undefined:
      problems.add(field, 'names nothing to change');
      return [];
    case 'takeBackAllowed':
      return [{ target, value: undefined }];
    case 'allowed': {
      const priorities = checkPriorities(allowedChange.value.priorities, `${field}.allowed.priorities`, problems);
      return [{ target, value: { $case: 'operationPriorities', value: { operation, priorities: [...priorities] } } }];
    }
  }
}

function ofNetworkInstance(
  { allowedPrioritiesChange }: NetworkInstancePatch,
  id: string | undefined,
  field: string,
  problems: Problems,
): readonly RequestedChange[] {
  const networkInstanceId = id ?? '';
  const target = { kind: 'network-instance-priorities', id: networkInstanceId } as const;
  switch (allowedPrioritiesChange?.$case) {
    case undefined:
      problems.add(field, 'names nothing to change');
      return [];
    case 'takeBackAllowedPriorities':
      return [{ target, value: undefined }];
    case 'allowedPriorities': {
      const { value } = allowedPrioritiesChange;
      const priorities = checkPriorities(value.priorities, `${field}.allowedPriorities.priorities`, problems);
      const override = { networkInstanceId, priorities: [...priorities] };
      return [{ target, value: { $case: 'networkInstancePriorities', value: override } }];
    }
  }
}
