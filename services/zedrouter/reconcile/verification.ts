import type { Clock } from '../../../lib/clock/index.js';

/** After the last sign of change in the kernel, ours or not, look whether it still is as it should be. */
const VERIFY_AFTER_MS = 200;
/** After the first one, if they never pause. */
const VERIFY_AT_LATEST_MS = 500;
/** And look in any case this often, at the name services too. */
const REFRESH_EVERY_MS = 60_000;
const RETRY_AFTER_MS = 1_000;

/** The second one is the look of every minute. */
export type ReadingScope = 'kernel' | 'kernel-and-name-services';

/** Useless: something was changed while it was read. */
export type ReadingOutcome = 'useful' | 'useless' | 'failed';

export interface VerificationOptions {
  readonly clock: Clock;
  /** Reads the kernel and hands on what it found, beside whatever else happens. Never rejects. */
  readonly read: (what: ReadingScope) => Promise<ReadingOutcome>;
}

/**
 * Decides when the kernel is read back: when it has calmed down after a change, or has not for a while, and once a
 * minute.
 */
export class Verification {
  readonly #options: VerificationOptions;
  #firstChangeMs = 0;
  #lastChangeMs = 0;
  #isDue = false;
  #reading = false;
  /** What to read again when this reading is over: it may have begun too early, or have left out what is wanted. */
  #askedAgain: ReadingScope | undefined;
  #cancelCalm: () => void = () => undefined;
  #cancelRefresh: () => void = () => undefined;
  #closed = false;

  constructor(options: VerificationOptions) {
    this.#options = options;
    this.#scheduleRefresh();
  }

  /** Something changed. Cheap: it is called for each of hundreds of changes in a row. */
  soon(): void {
    if (this.#closed) return;
    this.#lastChangeMs = this.#options.clock.monotonicMs();
    if (this.#isDue) return;
    this.#firstChangeMs = this.#lastChangeMs;
    this.#wait(VERIFY_AFTER_MS);
  }

  /** Something is known to be wrong: reads without waiting. */
  now(): void {
    if (this.#closed) return;
    this.#cancelCalm();
    this.#isDue = false;
    void this.#read('kernel');
  }

  close(): void {
    this.#closed = true;
    this.#cancelCalm();
    this.#cancelRefresh();
  }

  #wait(delayMs: number): void {
    const { clock } = this.#options;
    this.#isDue = true;
    this.#cancelCalm();
    this.#cancelCalm = clock.setTimer(delayMs, () => {
      const calmMs = this.#lastChangeMs + VERIFY_AFTER_MS;
      const leftMs = Math.min(calmMs, this.#firstChangeMs + VERIFY_AT_LATEST_MS) - clock.monotonicMs();
      if (leftMs > 0) {
        this.#wait(leftMs);
        return;
      }
      this.#isDue = false;
      void this.#read('kernel');
    });
  }

  #retry(): void {
    this.#firstChangeMs = this.#lastChangeMs = this.#options.clock.monotonicMs();
    this.#wait(RETRY_AFTER_MS);
  }

  #scheduleRefresh(): void {
    this.#cancelRefresh = this.#options.clock.setTimer(REFRESH_EVERY_MS, () => {
      void this.#read('kernel-and-name-services');
      this.#scheduleRefresh();
    });
  }

  async #read(what: ReadingScope): Promise<void> {
    if (this.#reading) {
      // A full look is not lost in a smaller one.
      if (this.#askedAgain !== 'kernel-and-name-services') this.#askedAgain = what;
      return;
    }
    this.#reading = true;
    const outcome = await this.#options.read(what);
    this.#reading = false;
    if (this.#closed) return;
    const again = this.#askedAgain;
    if (again !== undefined) {
      this.#askedAgain = undefined;
      void this.#read(again);
      return;
    }
    if (outcome === 'useless') this.soon();
    if (outcome === 'failed' && !this.#isDue) this.#retry();
  }
}
