import {
  noTestFacts,
  whyUnusable,
  type NetworkSnapshot,
  type PortTestFacts,
  type UnusableReason,
} from '../snapshot/index.js';
import type { Grant } from '../../configuration/index.js';
import type { IneligibleCode, Reason, TestState } from './candidate.js';
import { evaluatePort, grantFor, type Subject } from './eligibility.js';
import type { PortMemory } from './memory.js';
import type { DecisionPolicy, PortPolicy } from './policy.js';
import { testStateOf } from './test-state.js';

/** One port with everything that a choice for one subject needs to know of it. */
export interface Assessment {
  readonly port: PortPolicy;
  /** Empty: eligible. */
  readonly ineligible: readonly Reason<IneligibleCode>[];
  /** The grant without which it would not be eligible. */
  readonly grant: Grant | undefined;
  /** Undefined: usable. */
  readonly unusable: UnusableReason | undefined;
  readonly testState: TestState;
  readonly test: PortTestFacts;
  readonly memory: PortMemory | undefined;
}

/** Assesses every port of the device for one network instance or operation. */
export function assessPorts(
  subject: Subject,
  snapshot: NetworkSnapshot,
  policy: DecisionPolicy,
  ports: ReadonlyMap<string, PortMemory>,
): readonly Assessment[] {
  return policy.ports.map((port) => {
    const facts = snapshot.ports.get(port.label);
    const memory = ports.get(port.label);
    const test = facts?.test ?? noTestFacts;
    return {
      port,
      ineligible: evaluatePort(port, subject, policy),
      grant: grantFor(port, subject, policy),
      unusable: facts === undefined ? 'interface-missing' : whyUnusable(facts.observation),
      testState: testStateOf(test, memory?.usableSinceMs),
      test,
      memory,
    };
  });
}

/** Whether the port may and can be used. */
export function isContender({ ineligible, unusable }: Assessment): boolean {
  return ineligible.length === 0 && unusable === undefined;
}
