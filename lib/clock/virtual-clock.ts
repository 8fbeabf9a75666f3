import type { CancelTimer, Clock } from './clock.js';

interface VirtualTimer {
  readonly dueMs: number;
  readonly fn: () => void;
}

/**
 * A clock that stands still until it is told to advance. Timers that are due at the same time fire in the order of
 * their creation.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #wallAtZeroMs: number;
  #asleepMs = 0;
  readonly #bootedBeforeMs: number;
  readonly #timers = new Set<VirtualTimer>();

  /** `wallStartMs` and `boottimeStartMs`: what wallMs() and boottimeMs() say first; monotonicMs() starts at 0. */
  constructor(wallStartMs = Date.UTC(2026, 0, 1), boottimeStartMs = 0) {
    this.#bootedBeforeMs = boottimeStartMs;
    this.#nowMs = 0;
    this.#wallAtZeroMs = wallStartMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallAtZeroMs + this.#nowMs + this.#asleepMs;
  }

  boottimeMs(): number {
    return this.#bootedBeforeMs + this.#nowMs + this.#asleepMs;
  }

  /** Somebody sets the wall clock. */
  setWall(wallMs: number): void {
    this.#wallAtZeroMs += wallMs - this.wallMs();
  }

  /** The machine sleeps: the wall clock and the boot clock go on, the monotonic clock and timers do not. */
  sleepMachine(forMs: number): void {
    this.#asleepMs += forMs;
  }

  setTimer(delayMs: number, fn: () => void): CancelTimer {
    const timer: VirtualTimer = { dueMs: this.#nowMs + Math.max(0, delayMs), fn };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Milliseconds from now to the next timer; undefined where none waits. */
  get nextTimerInMs(): number | undefined {
    const next = this.#earliest();
    return next === undefined ? undefined : next.dueMs - this.#nowMs;
  }

  /** Moves time on and fires what falls due, at its due time, timers that fired ones set included. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.dueMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.fn();
    }
    this.#nowMs = untilMs;
  }

  /** Like advance, and lets promise continuations run after each timer. */
  async advanceAsync(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await runPromiseContinuations();
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.dueMs > untilMs) break;
      this.advance(next.dueMs - this.#nowMs);
      await runPromiseContinuations();
    }
    this.#nowMs = untilMs;
  }

  #earliest(): VirtualTimer | undefined {
    let earliest: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.dueMs < earliest.dueMs) earliest = timer;
    }
    return earliest;
  }
}

function runPromiseContinuations(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
