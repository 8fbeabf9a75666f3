import { describeUnusable, type UnusableReason } from '../snapshot/index.js';
import type { Assessment } from './assess.js';
import type { Choice } from './choose.js';
import { describePoor } from './describe-poor.js';
import type { SelectionMemory } from './memory.js';
import type { SelectionCause } from './selection.js';

/** Why a selection changed, in one word and in a sentence. */
export interface Cause {
  readonly cause: SelectionCause;
  readonly detail: string;
}

/** Finds the cause of a change from what was selected before to what is chosen now; call it only where they differ. */
export function causeOfChange(
  before: SelectionMemory | undefined,
  choice: Choice,
  assessments: readonly Assessment[],
  nowMs: number,
): Cause {
  if (before === undefined) return { cause: 'first', detail: 'first decision for this network instance' };
  return before.port === undefined
    ? causeOfGaining(before, choice, assessments)
    : causeOfLeaving(before.port, choice, assessments, nowMs);
}

function causeOfGaining(before: SelectionMemory, choice: Choice, assessments: readonly Assessment[]): Cause {
  if (choice.kind === 'none') return { cause: 'policy', detail: 'policy changed' };
  const { label } = choice.contender.port;
  const known = assessments.some(({ port }) => port.label === label) && before.eligible.includes(label);
  return known
    ? { cause: 'port-available', detail: `${label} has link, address and a default route` }
    : { cause: 'policy', detail: `policy now permits ${label}` };
}

function causeOfLeaving(left: string, choice: Choice, assessments: readonly Assessment[], nowMs: number): Cause {
  const old = assessments.find(({ port }) => port.label === left);
  if (old === undefined) return { cause: 'policy', detail: `${left} is no longer configured` };
  const [forbidden] = old.ineligible;
  if (forbidden !== undefined)
    return { cause: 'policy', detail: `${left} is no longer permitted: ${forbidden.detail}` };
  if (old.unusable !== undefined) {
    return { cause: causeOfLoss(old.unusable), detail: `${left}: ${describeUnusable(old.unusable)}` };
  }
  if (choice.kind === 'none') return { cause: 'policy', detail: 'policy changed' };
  const { port, newlyPreferred } = choice.contender;
  if (newlyPreferred) {
    return {
      cause: 'policy',
      detail: `policy now prefers ${port.label} (priority ${port.priority}) to ${left} (priority ${old.port.priority})`,
    };
  }
  switch (old.testState) {
    case 'failing':
      return { cause: 'test-failed', detail: `${left}: ${old.test.lastError ?? 'its last test failed'}` };
    case 'untested':
      return { cause: 'better-port', detail: `${port.label} is known to work, ${left} is not tested yet` };
    case 'working': {
      if (old.evidence.quality.kind === 'poor' && port.priority >= old.port.priority) {
        return { cause: 'degraded', detail: `${left} ${describePoor(old.evidence)}` };
      }
      const workingSinceMs = assessments.find((one) => one.port === port)?.work?.workingSinceMs ?? nowMs;
      const seconds = Math.floor((nowMs - workingSinceMs) / 1000);
      return {
        cause: 'better-port',
        detail: `${port.label} (priority ${port.priority}) has been working for ${seconds} s`,
      };
    }
  }
}

function causeOfLoss(reason: UnusableReason): SelectionCause {
  switch (reason) {
    case 'no-address':
      return 'address-lost';
    case 'no-route':
      return 'route-lost';
    case 'interface-missing':
    case 'admin-down':
    case 'no-carrier':
      return 'link-lost';
  }
}
