/*
 * What outcomes of tests mean: pure. Facts go in by `withOutcome`, `healthOf` reads them. Which layer an outcome proves
 * is in outcome.ts, how many make a verdict in loss.ts.
 */
export {
  healthOf,
  isSuspect,
  SILENCE_SHORTEST_MS,
  type FailingCause,
  type Health,
  type HealthSettings,
  type Suspicion,
  type TrafficAnswered,
} from './health.js';
export { learnedLimitMs } from './latency.js';
export { failuresNeeded, silencesNeeded } from './loss.js';
export { qualityOf, type Quality } from './quality.js';
export {
  failureKinds,
  isWeak,
  newRecord,
  outcomesKept,
  withOutcome,
  type FailureKind,
  type Layer,
  type TestOutcome,
  type TestRecord,
  type ProbeKind,
} from './outcome.js';
