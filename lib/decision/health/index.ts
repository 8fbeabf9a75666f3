export { healthOf, isDoubted, type Doubt, type Health, type HealthSettings } from './health.js';
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
  type TestStep,
} from './outcome.js';
