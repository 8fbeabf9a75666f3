/*
 * What is tested next, and when: pure. `nextTest` answers for one target over one port; pace.ts holds all constants;
 * budget.ts is the gate that every attempt passes.
 */
export {
  admissionWaitMs,
  budgetState,
  doubtAllowanceBytes,
  monthMs,
  mostBytesInMonth,
  newBudget,
  refill,
  savedShareOf,
  spend,
  withMonthlyBytes,
  type Budget,
  type BudgetState,
  type SpendingPurpose,
} from './budget.js';
export { bytesOf, fullBytesOf, keepaliveBytesOf, sizeBytes, type KeepaliveMeans } from './cost.js';
export { nextTest, type NextTest, type TestCause } from './next-test.js';
export type { PortRole, TestSituation } from './situation.js';
export {
  initialKeepalives,
  initialKeepaliveSpacingMs,
  defaultFailAfter,
  defaultRecoverAfter,
  filledEchoBytes,
  fullSizeEchoBytes,
  setAsideFirstMs,
  setAsideMostMs,
  suspectShortestMs,
  suspectSpacingMs,
  fullLimitMs,
  longestLimitMs,
  paceOf,
  type Pace,
} from './pace.js';
export {
  observeTraffic,
  refuteStall,
  stallOf,
  type AnswerFacts,
  type StallKind,
  type TrafficCount,
  type TrafficFacts,
} from './traffic.js';
