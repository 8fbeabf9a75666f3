import { ExponentialBackoff, type IBackoff } from 'cockatiel';

import type { Clock } from '../../../lib/clock/index.js';
import type { PortFailure } from '../exchange/port-failure.js';

/** A port that failed is left out for so long, doubled with each further failure without progress in between. */
const FIRST_MS = 5_000;
const LONGEST_MS = 600_000;

interface Failed {
  readonly untilMs: number;
  readonly times: number;
  readonly isRefusal: boolean;
  readonly why: string;
  /** Before this, the source does not want to be asked again. */
  readonly patienceUntilMs: number;
}

/** Which ports failed a download, and for how long they are therefore left out; and how long to wait when all have. */
export class PortFailures {
  readonly #clock: Clock;
  readonly #failed = new Map<string, Failed>();
  #backoff: IBackoff<unknown> | undefined;
  #rounds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rounds over all permitted ports that brought nothing, since something came last. */
  get rounds(): number {
    return this.#rounds;
  }

  isLeftOut(label: string): boolean {
    return (this.#failed.get(label)?.untilMs ?? 0) > this.#clock.monotonicMs();
  }

  failed(label: string, { message: why, isRefusal, retryAfterMs = 0 }: PortFailure): void {
    const nowMs = this.#clock.monotonicMs();
    const times = (this.#failed.get(label)?.times ?? 0) + 1;
    const forMs = Math.min(FIRST_MS * 2 ** (times - 1), LONGEST_MS);
    const patienceUntilMs = nowMs + Math.min(retryAfterMs, LONGEST_MS);
    this.#failed.set(label, { untilMs: nowMs + forMs, times, isRefusal, why, patienceUntilMs });
  }

  /** Bytes came over a port: what was before is forgotten, of this port and of the rounds. */
  progressed(label: string): void {
    this.#failed.delete(label);
    this.#rounds = 0;
    this.#backoff = undefined;
  }

  /** Every one of these ports failed. Ends the round, and answers how long to wait before the next one, and why each failed. */
  endRound(labels: readonly string[]): { readonly waitMs: number; readonly why: string; readonly allRefused: boolean } {
    this.#rounds += 1;
    this.#backoff =
      this.#backoff?.next(undefined) ?? new ExponentialBackoff({ initialDelay: 1_000, maxDelay: 60_000 }).next();
    const failures = labels.flatMap((label) => {
      const failure = this.#failed.get(label);
      return failure === undefined ? [] : [{ label, ...failure }];
    });
    for (const { label, ...failure } of failures) this.#failed.set(label, { ...failure, untilMs: 0 });
    const patienceMs = Math.min(...failures.map(({ patienceUntilMs }) => patienceUntilMs)) - this.#clock.monotonicMs();
    return {
      waitMs: Math.max(this.#backoff.duration, Number.isFinite(patienceMs) ? patienceMs : 0),
      why: failures.map(({ label, why }) => `${label}: ${why}`).join('; '),
      allRefused: failures.length > 0 && failures.every(({ isRefusal }) => isRefusal),
    };
  }
}
