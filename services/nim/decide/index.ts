export type { Candidate, IneligibleCode, Reason, ReasonCode, TestState } from './candidate.js';
export { decide, type Decision } from './decide.js';
export { nameOperation } from '../../configuration/index.js';
export { evaluatePort, grantFor, type Subject } from './eligibility.js';
export { emptyMemory, type DecisionMemory, type PortMemory, type SelectionMemory } from './memory.js';
export { rankPortsForOperation } from './operations.js';
export type { DecisionPolicy, NetworkInstancePolicy, PortPolicy } from './policy.js';
export { causes, type NoPortReason, type Selection, type SelectionCause, type SelectionOutcome } from './selection.js';
export { testStateOf } from './test-state.js';
