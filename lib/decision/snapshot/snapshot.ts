import type { FailureKind, TestRecord } from '../health/index.js';
import type { PortObservation } from './port-observation.js';

/**
 * Outcomes of tests of one port, as facts: whether it works is derived from them when somebody asks, so that no verdict
 * can get stuck. Times are monotonic milliseconds.
 */
export interface PortTestFacts {
  readonly lastSucceededMs: number | undefined;
  readonly lastFailedMs: number | undefined;
  /** What the last failure was: in words, and of which kind where a test of a target failed. */
  readonly lastError: string | undefined;
  readonly lastFailure?: FailureKind | undefined;
  /** How long the last answer took. */
  readonly latencyMs?: number | undefined;
}

export const noTestFacts: PortTestFacts = { lastSucceededMs: undefined, lastFailedMs: undefined, lastError: undefined };

/** All that is known of one port at one moment. */
export interface PortFacts {
  readonly observation: PortObservation;
  /** Monotonic time since which the observation has been what it is. */
  readonly observedSinceMs: number;
  /** Whether it has had link and address: the test of the phase "IP only". */
  readonly test: PortTestFacts;
  /** What tests of targets over it have shown, by target key; absent where none is tested. */
  readonly targets?: ReadonlyMap<string, TestRecord>;
  /** When the apps' packets were last answered over it; undefined: never, or nobody counts. */
  readonly trafficAnsweredMs?: number | undefined;
  /** The same with data over TCP. */
  readonly tcpAnsweredMs?: number | undefined;
}

/** All ports, by logical label. A port that is not in it counts as missing. */
export interface NetworkSnapshot {
  readonly ports: ReadonlyMap<string, PortFacts>;
}
