/*
 * What is tested next, and when: pure. `nextTest` answers for one target over one port; pace.ts holds all constants;
 * budget.ts is the gate that every attempt passes.
 */
export {
  admissionWaitMs,
  budgetState,
  doubtAllowanceBytes,
  MONTH_MS,
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
export { bytesOf, fullBytesOf, keepaliveBytesOf, SIZE_BYTES, type KeepaliveMeans } from './cost.js';
export { nextTest, type NextTest, type TestCause } from './next-test.js';
export type { PortRole, TestSituation } from './situation.js';
export {
  INITIAL_KEEPALIVES,
  INITIAL_KEEPALIVE_SPACING_MS,
  DEFAULT_FAIL_AFTER,
  DEFAULT_RECOVER_AFTER,
  FILLED_ECHO_BYTES,
  FULL_SIZE_ECHO_BYTES,
  SET_ASIDE_FIRST_MS,
  SET_ASIDE_MOST_MS,
  SUSPECT_SHORTEST_MS,
  SUSPECT_SPACING_MS,
  FULL_LIMIT_MS,
  LONGEST_LIMIT_MS,
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
