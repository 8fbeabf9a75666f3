import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { PolicyOverride } from '../../../gen/zedagent/v1/policy.js';
import type { NetworkInstance, Port, PriorityLimit } from '../model.js';
import { withPriority } from '../ports.js';

/** The ports with what operators put over their configuration. Labels follow the priority. */
export function overridePorts(ports: readonly Port[], overrides: readonly PolicyOverride[]): readonly Port[] {
  const priorities = new Map<string, number>();
  const operations = new Map<string, readonly NetworkOperation[]>();
  for (const { value } of overrides) {
    if (value?.$case === 'portPriority') priorities.set(value.value.logicalLabel, value.value.priority);
    if (value?.$case === 'portOperations') operations.set(value.value.logicalLabel, value.value.operations);
  }
  if (priorities.size === 0 && operations.size === 0) return ports;
  return ports.map((port) => {
    const priority = priorities.get(port.label);
    const allowedOperations = operations.get(port.label) ?? port.allowedOperations;
    return { ...(priority === undefined ? port : withPriority(port, priority)), allowedOperations };
  });
}

/** The operations' limits, likewise. */
export function overrideOperations(
  limits: ReadonlyMap<NetworkOperation, PriorityLimit>,
  overrides: readonly PolicyOverride[],
): ReadonlyMap<NetworkOperation, PriorityLimit> {
  const overridden = new Map(limits);
  for (const { value } of overrides) {
    if (value?.$case !== 'operationPriorities') continue;
    overridden.set(value.value.operation, { kind: 'priorities', priorities: value.value.priorities });
  }
  return overridden;
}

/** The network instances, likewise. */
export function overrideNetworkInstances(
  networkInstances: readonly NetworkInstance[],
  overrides: readonly PolicyOverride[],
): readonly NetworkInstance[] {
  const limits = new Map<string, PriorityLimit>();
  for (const { value } of overrides) {
    if (value?.$case !== 'networkInstancePriorities') continue;
    limits.set(value.value.networkInstanceId, { kind: 'priorities', priorities: value.value.priorities });
  }
  if (limits.size === 0) return networkInstances;
  return networkInstances.map((instance) => ({
    ...instance,
    allowedPriorities: limits.get(instance.id) ?? instance.allowedPriorities,
  }));
}
