import type { Clock } from '../../../lib/clock/index.js';
import { emptiedInTurn, HOST_SET_TURN_MS } from '../desired/host-names.js';

export interface HostSetTurnsOptions {
  readonly clock: Clock;
  /** The sets that there are. */
  readonly sets: () => readonly string[];
  /** Empties them. */
  readonly empty: (sets: readonly string[]) => void;
}

/** Empties the sets of names' addresses in turn, so that an address goes some time after the last answer with it. */
export class HostSetTurns {
  readonly #options: HostSetTurnsOptions;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: HostSetTurnsOptions) {
    this.#options = options;
    this.#waitForTurn();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #waitForTurn(): void {
    const { clock } = this.#options;
    const turn = Math.floor(clock.boottimeMs() / HOST_SET_TURN_MS);
    this.#cancel = clock.setTimer((turn + 1) * HOST_SET_TURN_MS - clock.boottimeMs(), () => {
      if (this.#closed) return;
      // Timers are early at times, and stand still while a machine sleeps: only the turn that it is now counts.
      const nowMs = clock.boottimeMs();
      if (Math.floor(nowMs / HOST_SET_TURN_MS) > turn) this.#empty(nowMs);
      this.#waitForTurn();
    });
  }

  #empty(nowMs: number): void {
    const { sets, empty } = this.#options;
    const emptied = emptiedInTurn(sets(), nowMs);
    if (emptied.length > 0) empty(emptied);
  }
}
