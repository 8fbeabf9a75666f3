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
