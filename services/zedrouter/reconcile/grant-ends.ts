import type { Clock } from '../../../lib/clock/index.js';
import { liveSelections, nextGrantEndMs } from '../desired/granted.js';
import type { CompleteInputs } from '../upstream/inputs.js';

/** While grants permit what policy does not, call at least this often: timers stand still while a machine sleeps. */
const CHECKED_EVERY_MS = 1_000;

/** Sees to it that what a grant permits is out when the grant ends, whoever else is awake. */
export class GrantEnds {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #cancel: () => void = () => undefined;
  #closed = false;

  /** `onEnd`: called when the inputs may have become others, since a grant has ended. */
  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** The inputs without what was granted until now or before. Calls `onEnd` when the next of these grants ends. */
  liveInputs(inputs: CompleteInputs): CompleteInputs {
    const nowMs = this.#clock.boottimeMs();
    const selections = liveSelections(inputs.selections.selections, nowMs);
    const nextEndMs = nextGrantEndMs(selections);
    this.#cancel();
    if (nextEndMs !== undefined && !this.#closed) {
      this.#cancel = this.#clock.setTimer(Math.min(nextEndMs - nowMs, CHECKED_EVERY_MS), this.#onEnd);
    }
    return { ...inputs, selections: { ...inputs.selections, selections } };
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }
}
