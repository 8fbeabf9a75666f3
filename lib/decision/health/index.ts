/*
 * What outcomes of tests mean: pure. Facts go in by `withOutcome`, `healthOf` reads them. Which layer an outcome proves
 * is in outcome.ts, how they add up in fold.ts, how many make a verdict in loss.ts.
 */
export { SILENCE_SHORTEST_MS } from './fold.js';
export {
  isSuspect,
  type Contradiction,
  type FailingCause,
  type Health,
  type HealthSettings,
  type Suspicion,
  type TrafficAnswered,
} from './health.js';
export { learnedLimitMs } from './latency.js';
export { failuresNeeded, silencesNeeded } from './loss.js';
export { healthOf } from './read-health.js';
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
