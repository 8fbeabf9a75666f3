import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import { hasEnded, type Grant } from '../../../lib/configuration/index.js';
import type { ConfigurationInForce } from '../publish/index.js';

/** Timers stand still while the machine sleeps, so no wait is longer than this while a grant lives. */
const CHECK_EVERY_MS = 1_000;

/**
 * Hands configurations on with their live grants only: at once, and again whenever one ends, with zedagent or without
 * it. By CLOCK_BOOTTIME, which nobody sets.
 */
export class GrantEnds {
  readonly #clock: Clock;
  readonly #onConfiguration: (configuration: ConfigurationInForce, ended: readonly Grant[]) => void;
  #cancel: CancelTimer = () => undefined;

  constructor(options: {
    readonly clock: Clock;
    /** `ended`: the grants that have ended since the last time, none where the configuration is new. */
    readonly onConfiguration: (configuration: ConfigurationInForce, ended: readonly Grant[]) => void;
  }) {
    this.#clock = options.clock;
    this.#onConfiguration = options.onConfiguration;
  }

  /** Takes a configuration in the place of the one before. */
  take(configuration: ConfigurationInForce): void {
    this.#handOn(configuration, true);
  }

  close(): void {
    this.#cancel();
  }

  #handOn(configuration: ConfigurationInForce, isNew: boolean): void {
    this.#cancel();
    const { model } = configuration;
    const nowMs = this.#clock.boottimeMs();
    const live = model.grants.filter((grant) => !hasEnded(grant, nowMs));
    const ended = model.grants.filter((grant) => !live.includes(grant));
    const current = ended.length === 0 ? configuration : { ...configuration, model: { ...model, grants: live } };
    if (live.length > 0) {
      const nextMs = Math.min(...live.map(({ endsAtBoottimeMs }) => endsAtBoottimeMs)) - nowMs;
      this.#cancel = this.#clock.setTimer(Math.min(nextMs, CHECK_EVERY_MS), () => {
        this.#handOn(current, false);
      });
    }
    if (isNew || ended.length > 0) this.#onConfiguration(current, isNew ? [] : ended);
  }
}
