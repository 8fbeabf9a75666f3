import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { NetworkOperation, PrioritySet } from '../../gen/evecommon/uplink.js';
import type { PriorityLimit } from './model.js';
import { HIGHEST_PRIORITY, isKnownOperation } from './ports.js';
import type { Problems } from './problems.js';

/** Which priorities each operation may use, for those that have a policy. */
export function interpretOperationPolicies(
  config: EdgeDevConfig,
  problems: Problems,
): ReadonlyMap<NetworkOperation, PriorityLimit> {
  const limits = new Map<NetworkOperation, PriorityLimit>();
  const policies = config.operationPolicies;
  policies.forEach(({ operation, allowed }, index) => {
    const field = `operationPolicies[${index}]`;
    if (!isKnownOperation(operation)) problems.add(`${field}.operation`, `${operation} is no operation`);
    const limit = priorityLimit(allowed, `${field}.allowed`, problems);
    if (limit !== undefined) limits.set(operation, limit);
  });
  problems.unique(
    policies,
    ({ operation }) => String(operation),
    (index) => `operationPolicies[${index}].operation`,
    'the operation',
  );
  return limits;
}

/** A set of priorities as a limit; undefined where it is not set, so that a default applies. */
export function priorityLimit(
  set: PrioritySet | undefined,
  field: string,
  problems: Problems,
): PriorityLimit | undefined {
  if (set === undefined) return undefined;
  return { kind: 'priorities', priorities: checkPriorities(set.priorities, `${field}.priorities`, problems) };
}

/** Priorities in ascending order, none twice; those that cannot be are problems. */
export function checkPriorities(priorities: readonly number[], field: string, problems: Problems): readonly number[] {
  priorities.forEach((priority, index) => {
    if (priority <= HIGHEST_PRIORITY) return;
    problems.add(`${field}[${index}]`, `must be 0 to ${HIGHEST_PRIORITY}, and is ${priority}`);
  });
  return [...new Set(priorities)].sort((a, b) => a - b);
}
