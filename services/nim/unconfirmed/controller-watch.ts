import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import type { Reach } from './controller-reach.js';

/** How often it is looked while a configuration waits to be confirmed. */
const LOOK_EVERY_MS = 1_000;
/** FAILING is a verdict of several tests; this gives ports time that come up with a configuration. */
const LOST_FOR_MS = 15_000;

/** What is in force, as far as this matters. */
export interface Watched {
  readonly version: bigint;
  /** It waits to be confirmed. */
  readonly isUnconfirmed: boolean;
}

export interface ControllerWatchOptions {
  readonly clock: Clock;
  /** The configuration that decisions are made by now, and what is known of the controller; undefined: none yet. */
  readonly reach: () => { readonly version: bigint; readonly reach: Reach } | undefined;
  /** Gives a version up; answers whether that is settled, one way or the other. */
  readonly giveUp: (version: bigint, reason: string) => Promise<boolean>;
}

/**
 * Gives an unconfirmed configuration up when the controller, which could be reached before or under it, can no longer
 * be reached over any port: whoever pushed it from there could not even confirm it.
 */
export class ControllerWatch {
  readonly #options: ControllerWatchOptions;
  #cancel: CancelTimer = () => undefined;
  #version: bigint | undefined;
  #wasReached = false;
  #lostSinceMs: number | undefined;

  constructor(options: ControllerWatchOptions) {
    this.#options = options;
  }

  /** Takes a configuration, before decisions are made by it. */
  take({ version, isUnconfirmed }: Watched): void {
    if (version === this.#version) return;
    this.#cancel();
    this.#version = version;
    this.#lostSinceMs = undefined;
    this.#wasReached = this.#options.reach()?.reach === 'reached';
    if (isUnconfirmed) this.#lookLater(version);
  }

  close(): void {
    this.#cancel();
    this.#version = undefined;
  }

  #lookLater(version: bigint): void {
    this.#cancel = this.#options.clock.setTimer(LOOK_EVERY_MS, () => {
      void this.#check(version);
    });
  }

  async #check(version: bigint): Promise<void> {
    const { clock, reach, giveUp } = this.#options;
    const known = reach();
    const nowMs = clock.boottimeMs();
    if (known?.version === version) {
      if (known.reach === 'reached') this.#wasReached = true;
      this.#lostSinceMs = known.reach === 'lost' && this.#wasReached ? (this.#lostSinceMs ?? nowMs) : undefined;
    }
    if (this.#lostSinceMs !== undefined && nowMs - this.#lostSinceMs >= LOST_FOR_MS) {
      // Where zedagent does not answer it is asked again after as long.
      this.#lostSinceMs = nowMs;
      if (await giveUp(version, 'the controller can no longer be reached over any port')) return;
    }
    if (this.#version === version) this.#lookLater(version);
  }
}
