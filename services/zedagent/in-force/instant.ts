import type { Clock } from '../../../lib/clock/index.js';

/** The time at which something is asked for, by the clocks that matter. */
export interface Instant {
  readonly wallMs: number;
  readonly boottimeMs: number;
  /** The boot that boottimeMs belongs to. */
  readonly bootId: string;
}

/** Now. */
export function instantOf(clock: Clock, bootId: string): Instant {
  return { wallMs: clock.wallMs(), boottimeMs: clock.boottimeMs(), bootId };
}
