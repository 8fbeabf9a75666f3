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
