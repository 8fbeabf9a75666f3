import { backoffMs, type Clock } from '../../../lib/clock/index.js';
import type { PortFailure } from '../exchange/port-failure.js';

/** A port that failed is left out for so long, doubled with each further failure without progress in between. */
const LEFT_OUT = { firstMs: 5_000, mostMs: 600_000 };
/** The wait between rounds. */
const BETWEEN_ROUNDS = { firstMs: 1_000, mostMs: 60_000 };

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
    const attempt = this.#failed.get(label)?.times ?? 0;
    const untilMs = nowMs + backoffMs({ ...LEFT_OUT, attempt });
    const patienceUntilMs = nowMs + Math.min(retryAfterMs, LEFT_OUT.mostMs);
    this.#failed.set(label, { untilMs, times: attempt + 1, isRefusal, why, patienceUntilMs });
  }

  /** Bytes came over a port: what was before is forgotten, of this port and of the rounds. */
  progressed(label: string): void {
    this.#failed.delete(label);
    this.#rounds = 0;
  }

  /**
   * Every one of these ports failed. Ends the round, and answers how long to wait before the next one, and why each
   * failed.
   */
  endRound(labels: readonly string[]): { readonly waitMs: number; readonly why: string; readonly allRefused: boolean } {
    // Many devices may have lost the same source at the same moment.
    const pauseMs = backoffMs({ ...BETWEEN_ROUNDS, attempt: this.#rounds, jitter: Math.random() });
    this.#rounds += 1;
    const failures = labels.flatMap((label) => {
      const failure = this.#failed.get(label);
      return failure === undefined ? [] : [{ label, ...failure }];
    });
    for (const { label, ...failure } of failures) this.#failed.set(label, { ...failure, untilMs: 0 });
    const patienceMs = Math.min(...failures.map(({ patienceUntilMs }) => patienceUntilMs)) - this.#clock.monotonicMs();
    return {
      waitMs: Math.max(pauseMs, Number.isFinite(patienceMs) ? patienceMs : 0),
      why: failures.map(({ label, why }) => `${label}: ${why}`).join('; '),
      allRefused: failures.length > 0 && failures.every(({ isRefusal }) => isRefusal),
    };
  }
}
