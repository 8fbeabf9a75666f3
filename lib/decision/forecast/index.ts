/*
 * What a configuration asks of tests and will not get: tests that cost more than a port's budget, limits of time that
 * no interval can hold. Told when it is pushed. Pure; budgets and paces are those of lib/decision/schedule.
 */
export { testWarnings, type TestWarning, type TestWarningSubject } from './test-warnings.js';
