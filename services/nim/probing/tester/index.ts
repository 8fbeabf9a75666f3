/*
 * Runs the tests that lib/decision/schedule asks for, concurrently and bounded, and keeps their outcomes. When and how
 * often is decided there, what an outcome means in lib/decision/health.
 */
export { readAppTraffic, type AppTraffic } from './app-traffic.js';
export { type TestAssignment, type TestedPort } from './assignment.js';
export type { Attempt, AttemptResult, Prober } from './attempt.js';
export { BudgetBook } from './budget-book.js';
export { BudgetFile } from './budget-file.js';
export { planTests } from './plan-tests.js';
export { PortProber } from './port-prober.js';
export { Tester, type FailedTest, type TesterOptions } from './tester.js';
export { TrafficWatch, type ReadTraffic } from './traffic-watch.js';
