/*
 * What is tested next, and when: pure. `nextTest` answers for one target over one port; pace.ts holds all constants;
 * budget.ts is the gate that every attempt passes.
 */
export {
  admissionWaitMs,
  budgetState,
  doubtAllowanceBytes,
  MONTH_MS as monthMs,
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
export { bytesOf, fullBytesOf, keepaliveBytesOf, SIZE_BYTES as sizeBytes, type KeepaliveMeans } from './cost.js';
export { nextTest, type NextTest, type TestCause } from './next-test.js';
export type { PortRole, TestSituation } from './situation.js';
export {
  INITIAL_KEEPALIVES as initialKeepalives,
  INITIAL_KEEPALIVE_SPACING_MS as initialKeepaliveSpacingMs,
  DEFAULT_FAIL_AFTER as defaultFailAfter,
  DEFAULT_RECOVER_AFTER as defaultRecoverAfter,
  FILLED_ECHO_BYTES as filledEchoBytes,
  FULL_SIZE_ECHO_BYTES as fullSizeEchoBytes,
  SET_ASIDE_FIRST_MS as setAsideFirstMs,
  SET_ASIDE_MOST_MS as setAsideMostMs,
  SUSPECT_SHORTEST_MS as suspectShortestMs,
  SUSPECT_SPACING_MS as suspectSpacingMs,
  FULL_LIMIT_MS as fullLimitMs,
  LONGEST_LIMIT_MS as longestLimitMs,
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
