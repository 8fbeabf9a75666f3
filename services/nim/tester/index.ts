export { isLight, type TestAssignment, type TestedPort } from './assignment.js';
export type { Attempt, AttemptResult, Prober } from './attempt.js';
export { BudgetBook } from './budget-book.js';
export { planTests } from './plan-tests.js';
export { Tester, type TesterOptions } from './tester.js';
