/*
 * Whether a port works for a target, read anew each time from the outcomes of its tests; nothing here remembers a
 * verdict. Pure. How many silences make one stands in loss.ts, how long to wait for an answer in latency.ts.
 */
export { healthOf, isSuspect, type Suspicion, type Health, type HealthSettings } from './health.js';
export { learnedLimitMs } from './latency.js';
export { silencesNeeded } from './loss.js';
export {
  failureKinds,
  newRecord,
  outcomesKept,
  withOutcome,
  type FailureKind,
  type TestOutcome,
  type TestRecord,
  type ProbeKind,
} from './outcome.js';
