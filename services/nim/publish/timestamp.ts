import type { Timestamp } from '../../../gen/google/protobuf/timestamp.js';
import type { Clock } from '../../clock/index.js';

/** Milliseconds since 1970 as a protobuf Timestamp. */
export function timestampOf(wallMs: number): Timestamp {
  const seconds = Math.floor(wallMs / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((wallMs - seconds * 1000) * 1e6) % 1e9 };
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
