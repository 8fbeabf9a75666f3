import { networkInstanceIdOf } from './eligibility.js';
import type { SelectionMemory } from './memory.js';
import type { DecisionPolicy, NetworkInstancePolicy } from './policy.js';
import type { SelectionResult } from './select.js';

/**
 * What a decision for a network instance rests on, beside what is the same for all of them. Two with the same key get
 * the same ports for the same reasons: a ship with a hundred network instances has a handful of kinds.
 */
export function kindOf(
  networkInstance: NetworkInstancePolicy,
  { grants }: DecisionPolicy,
  before: SelectionMemory | undefined,
): string {
  const id = networkInstanceIdOf(networkInstance);
  const { kind, active, portLabel, viaLabel, viaGateway, ignoresPriority, allowedPriorities, test } = networkInstance;
  // The compiler sees to it that all is in here that policy says of a network instance.
  const policy: Required<Omit<NetworkInstancePolicy, 'id' | 'name'>> = {
    kind: kind === 'switch' ? kind : undefined,
    ...{ active, portLabel, viaLabel, viaGateway, ignoresPriority },
    allowedPriorities,
    test,
  };
  const own = grants.filter(({ networkInstanceId }) => networkInstanceId === id);
  return JSON.stringify([policy, own, before]);
}

/** The decision for one network instance as that for another one of its kind. */
export function resultForSameKind(result: SelectionResult, { id, name }: NetworkInstancePolicy): SelectionResult {
  return { ...result, selection: { ...result.selection, networkInstanceId: id, networkInstanceName: name } };
}
