import type { PortObservation } from './port-observation.js';

/**
 * Outcomes of tests of one port, as facts: whether it works is derived from them when somebody asks, so that no verdict
 * can get stuck. Times are monotonic milliseconds.
 */
export interface PortTestFacts {
  readonly lastSucceededMs: number | undefined;
  readonly lastFailedMs: number | undefined;
  /** What the last failure was. */
  readonly lastError: string | undefined;
}

export const noTestFacts: PortTestFacts = { lastSucceededMs: undefined, lastFailedMs: undefined, lastError: undefined };

/** All that is known of one port at one moment. */
export interface PortFacts {
  readonly observation: PortObservation;
  /** Monotonic time since which the observation has been what it is. */
  readonly observedSinceMs: number;
  readonly test: PortTestFacts;
}

/** All ports, by logical label. A port that is not in it counts as missing. */
export interface NetworkSnapshot {
  readonly ports: ReadonlyMap<string, PortFacts>;
}
