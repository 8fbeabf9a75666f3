import type { CancelTimer, Clock } from '../../lib/clock/index.js';
import type { Logger } from '../../lib/observability/index.js';
import { lapsedWords, leftToConfirmMs, returned } from './config/confirmation.js';
import type { Instant } from './in-force/instant.js';
import type { ConfigHistory } from './state/config-history.js';
import type { Store } from './state/store.js';

/** Timers stand still while the machine sleeps, so no wait is longer than this while one is not confirmed. */
const CHECK_EVERY_MS = 1_000;

export interface ConfirmationKeeperOptions {
  readonly store: Store;
  readonly history: ConfigHistory;
  readonly clock: Clock;
  readonly now: () => Instant;
  readonly logger: Logger;
}

/** Lets the version before return when a configuration is not confirmed in time. */
export class ConfirmationKeeper {
  readonly #options: ConfirmationKeeperOptions;
  readonly #following: Promise<void>;
  readonly #ending = new AbortController();
  #cancel: CancelTimer = () => undefined;
  /** The version that nothing can be returned for, told once. */
  #givenUp: bigint | undefined;

  constructor(options: ConfirmationKeeperOptions) {
    this.#options = options;
    this.#following = this.#follow();
  }

  /** Stops looking; what is not confirmed is returned from at the next start, if its time is up by then. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#cancel();
    await this.#following;
    await this.#options.store.settled();
  }

  async #follow(): Promise<void> {
    for await (const _change of this.#options.store.watch(this.#ending.signal)) await this.#check();
  }

  async #check(): Promise<void> {
    this.#cancel();
    const { store, clock, now } = this.#options;
    const { deviceConfig } = store.current;
    if (this.#ending.signal.aborted || deviceConfig?.confirmation === undefined) return;
    if (deviceConfig.version === this.#givenUp) return;
    const leftMs = leftToConfirmMs(deviceConfig.confirmation, now());
    if (leftMs <= 0) {
      await this.#return(deviceConfig.version, deviceConfig.confirmation.returnToVersion);
      return;
    }
    this.#cancel = clock.setTimer(Math.min(leftMs, CHECK_EVERY_MS), () => {
      void this.#check();
    });
  }

  async #return(version: bigint, returnTo: bigint): Promise<void> {
    const { store, history, logger } = this.#options;
    const before = await history.read(returnTo);
    if (before === undefined) {
      this.#givenUp = version;
      logger.error(
        { event: 'config-not-returned', version, returnTo },
        'cannot go back to the version before: it is not kept any more; the unconfirmed configuration stays',
      );
      return;
    }
    await store.enforceConfig((current, instant) => {
      const { deviceConfig } = current;
      // Confirmed, or replaced, in the meantime.
      if (deviceConfig?.version !== version || deviceConfig.confirmation === undefined) return undefined;
      return returned(current, before, lapsedWords(deviceConfig, instant), instant);
    });
  }
}
