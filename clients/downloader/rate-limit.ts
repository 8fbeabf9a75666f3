import type { Clock } from '../../lib/clock/index.js';

/** So much may come at once after a pause; keeps a slow limit from being a slower one. */
const BURST_MS = 100;

/** A bound on bytes per second, over whatever connections. */
export class RateLimit {
  readonly #bytesPerMs: number;
  readonly #clock: Clock;
  #paidUntilMs = 0;

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#clock = clock;
  }

  /** Accounts for bytes that have come, and says how long to wait before more may come. */
  pauseAfter(bytes: number): number {
    const nowMs = this.#clock.monotonicMs();
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs - BURST_MS) + bytes / this.#bytesPerMs;
    return Math.max(0, this.#paidUntilMs - nowMs);
  }
}
