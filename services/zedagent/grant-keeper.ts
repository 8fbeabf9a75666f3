import type { CancelTimer, Clock } from '../../lib/clock/index.js';
import { durationInMs } from '../../lib/configuration/index.js';
import { endGrants } from './grants/grants.js';
import { CHECKPOINT_EVERY_MS, type Store } from './state/store.js';

/** Timers stand still while the machine sleeps, so no wait is longer than this while a grant lives. */
const CHECK_EVERY_MS = 1_000;

/** Ends grants when their time is up, and writes down now and then what is left of them. */
export class GrantKeeper {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #following: Promise<void>;
  readonly #ending = new AbortController();
  #cancel: CancelTimer = () => undefined;
  #checkpointDueMs = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#checkpointDueMs = clock.boottimeMs() + CHECKPOINT_EVERY_MS;
    this.#following = this.#follow();
  }

  /** Stops looking, and writes down exactly what is left. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#cancel();
    await this.#following;
    await this.#store.settled();
    if (this.#grantsLive()) await this.#store.checkpoint(0);
  }

  async #follow(): Promise<void> {
    for await (const _change of this.#store.watch(this.#ending.signal)) this.#check();
  }

  #check(): void {
    this.#cancel();
    if (this.#ending.signal.aborted || !this.#grantsLive()) return;
    const nowMs = this.#clock.boottimeMs();
    const ends = this.#store.current.policy.grants.map(({ endsAtBoottime }) => durationInMs(endsAtBoottime));
    const nextMs = Math.min(...ends) - nowMs;
    if (nextMs <= 0) {
      // Its change is heard by #follow, which checks again.
      void this.#store.enforce(endGrants);
      return;
    }
    if (nowMs >= this.#checkpointDueMs) {
      this.#checkpointDueMs = nowMs + CHECKPOINT_EVERY_MS;
      void this.#store.checkpoint(CHECKPOINT_EVERY_MS);
    }
    this.#cancel = this.#clock.setTimer(Math.min(nextMs, CHECK_EVERY_MS), () => {
      this.#check();
    });
  }

  #grantsLive(): boolean {
    return this.#store.current.policy.grants.length > 0;
  }
}
