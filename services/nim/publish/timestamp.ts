import type { Timestamp } from '../../../gen/google/protobuf/timestamp.js';
import type { Clock } from '../../../lib/clock/index.js';
import { timestampOf } from '../../../lib/configuration/index.js';

/** A moment since 1970, or a duration, in seconds. */
export function secondsOf({ seconds, nanos }: { readonly seconds: bigint; readonly nanos: number }): number {
  return Number(seconds) + nanos / 1e9;
}

/** Turns monotonic times into what people read, by what the two clocks say now. */
export class WallTime {
  readonly #offsetMs: number;

  constructor(clock: Clock) {
    this.#offsetMs = clock.wallMs() - clock.monotonicMs();
  }

  /** To the millisecond: the difference of the clocks is not known better. */
  at(monotonicMs: number): Timestamp {
    return timestampOf(Math.floor(monotonicMs + this.#offsetMs));
  }

  atOptional(monotonicMs: number | undefined): Timestamp | undefined {
    return monotonicMs === undefined ? undefined : this.at(monotonicMs);
  }
}
