/*
 * Which port serves what, and why: `decide` and the explanation of each candidate. Pure, and deterministic: time is an
 * argument. eligibility.ts says who may, choose.ts who is taken; reason codes are a closed set that clients show.
 */
export {
  testStates,
  type Candidate,
  type IneligibleCode,
  type Reason,
  type ReasonCode,
  type TestState,
} from './candidate.js';
export { grantedReason } from './candidates.js';
export { decide, type Decision } from './decide.js';
export { evidenceOf, type Evidence } from './evidence.js';
export { formatOperation } from '../../configuration/index.js';
export type { Loss } from './failback-hold.js';
export { evaluatePort, grantFor, type Subject } from './eligibility.js';
export { emptyMemory, type DecisionMemory, type PortMemory, type SelectionMemory, type WorkMemory } from './memory.js';
export { rankPortsForOperation } from './operations.js';
export { Profiles } from './profiles.js';
export {
  byAddress,
  controllerProfileOf,
  singleProfiles,
  targetsOf,
  type ProfileTarget,
  type TestProfile,
} from './test-profile.js';
export type { DecisionPolicy, NetworkInstancePolicy, PortPolicy } from './policy.js';
export {
  causes,
  type NoPortReason,
  type FailoverWait,
  type Proof,
  type Selection,
  type SelectionCause,
  type SelectionOutcome,
} from './selection.js';
export { testStateOf } from './test-state.js';
