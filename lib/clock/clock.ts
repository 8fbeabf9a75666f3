/** Stops a timer; harmless when it has already fired or been cancelled. */
export type CancelTimer = () => void;

/** The only source of time. Everything that waits or measures takes one, so tests run in virtual time. */
export interface Clock {
  /** Milliseconds from an arbitrary start, with fractions; never goes back, whatever happens to the wall clock. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01 UTC; may jump. For what people read, never for measuring. */
  wallMs(): number;
  /**
   * Milliseconds since the machine booted (CLOCK_BOOTTIME), to 10 ms: goes on while the machine sleeps, which
   * monotonicMs does not, and nobody sets it. The same for every process of one boot.
   */
  boottimeMs(): number;
  /** Calls `fn` once, `delayMs` from now (at once, but never synchronously, where it is zero or negative). */
  setTimer(delayMs: number, fn: () => void): CancelTimer;
}
