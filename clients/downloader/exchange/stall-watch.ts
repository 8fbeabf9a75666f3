import type { CancelTimer, Clock } from '../../../lib/clock/index.js';

/**
 * So much must come within the time. A server that sends a byte now and then keeps a connection alive, and nothing
 * else.
 */
const LEAST_BYTES = 1024;
/** Looks so often within the time. */
const LOOKS = 4;

/** Watches that a transfer gets on: at least 1 KiB in each stretch of the time limit, pauses of our own not counted. */
export class StallWatch {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onStall: () => void;
  #cancelTimer: CancelTimer = () => undefined;
  #bytes = 0;
  #sinceMs: number;
  #isPaused = false;

  constructor(clock: Clock, timeoutMs: number, onStall: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onStall = onStall;
    this.#sinceMs = clock.monotonicMs();
    this.#check();
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= LEAST_BYTES) this.#restart();
  }

  /** Something else got on: a connection, the head of an answer. */
  #restart(): void {
    this.#bytes = 0;
    this.#sinceMs = this.#clock.monotonicMs();
  }

  /** We read nothing for a while, and it is not the source's fault that nothing comes. */
  set paused(isPaused: boolean) {
    this.#isPaused = isPaused;
    if (!isPaused) this.#restart();
  }

  stop(): void {
    this.#cancelTimer();
  }

  #check(): void {
    this.#cancelTimer = this.#clock.setTimer(this.#timeoutMs / LOOKS, () => {
      const isStalled = !this.#isPaused && this.#clock.monotonicMs() - this.#sinceMs >= this.#timeoutMs;
      if (isStalled) this.#onStall();
      else this.#check();
    });
  }
}
