/*
 * What to test next, and when: `nextTest(situation, now)`, budgets and paces. Pure; pace.ts has the constants, which
 * docs and figures cite.
 */
export { budgetState, monthMs, newBudget, refill, spend, type Budget, type BudgetState } from './budget.js';
export { nextTest, type NextTest, type PortRole, type TestCause, type TestSituation } from './next-test.js';
export {
  initialKeepalives,
  initialKeepaliveSpacingMs,
  defaultFailAfter,
  defaultRecoverAfter,
  suspectShortestMs,
  suspectSpacingMs,
  fullLimitMs,
  longestLimitMs,
  paceOf,
  type Pace,
} from './pace.js';
export { observeTraffic, refuteStall, stallOf, type TrafficCount, type TrafficFacts } from './traffic.js';
