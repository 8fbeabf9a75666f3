import { backoffMs, type CancelTimer, type Clock } from '../../../lib/clock/index.js';
import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { Ids } from '../desired/inputs.js';
import { idsFor } from './ids.js';

/** A disk that takes longer is one that traffic does not wait for. */
const PATIENCE_MS = 500;
const AGAIN = { firstMs: 1_000, mostMs: 60_000 };

export interface IdsInUseOptions {
  readonly ids: Ids;
  readonly keep: (ids: Ids) => Promise<void>;
  /** Numbers of network instances whose bridge's name somebody else's interface has. */
  readonly taken: () => ReadonlySet<number>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** They could not be kept, or at last could. */
  readonly onProblem: () => void;
}

/**
 * The ids of what is in the configuration, allocated anew with each configuration. They are kept safe before anything
 * rests on them where the disk takes them; where it does not, traffic goes first, and they are kept when it does.
 */
export class IdsInUse {
  readonly #options: IdsInUseOptions;
  #ids: Ids;
  /** What the ids are for. */
  #model: DeviceModel | undefined;
  #problem: string | undefined;
  #attempt = 0;
  #keeping: Promise<void> = Promise.resolve();
  #cancelRetry: CancelTimer = () => undefined;
  #closed = false;

  constructor(options: IdsInUseOptions) {
    this.#options = options;
    this.#ids = options.ids;
  }

  /** Why the newest ids are not on disk; undefined where they are. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The ids of what is in this configuration; the same object as before where none is new. Never rejects. */
  async of(model: DeviceModel): Promise<Ids> {
    if (model === this.#model) return this.#ids;
    const ids = idsFor(model, this.#ids, this.#options.taken());
    const isNew = ids !== this.#ids;
    this.#ids = ids;
    this.#model = model;
    if (isNew) await this.#within(this.#keep());
    return ids;
  }

  /** Tries no more. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry();
  }

  /** Keeps the newest, one after the other. */
  #keep(): Promise<void> {
    this.#cancelRetry();
    this.#keeping = this.#keeping.then(async () => {
      const { keep, clock, logger } = this.#options;
      try {
        await keep(this.#ids);
        this.#attempt = 0;
        this.#say(undefined);
      } catch (error) {
        if (this.#attempt === 0) {
          logger.error({ event: 'ids-not-kept', err: error }, 'cannot save ids, retrying');
        }
        this.#say(error instanceof Error ? error.message : String(error));
        if (this.#closed) return;
        this.#cancelRetry = clock.setTimer(backoffMs({ ...AGAIN, attempt: this.#attempt }), () => void this.#keep());
        this.#attempt += 1;
      }
    });
    return this.#keeping;
  }

  #within(kept: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.setTimer(PATIENCE_MS, () => {
        this.#say(`the disk has not answered for ${PATIENCE_MS} ms`);
        resolve();
      });
      void kept.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #say(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onProblem();
  }
}
