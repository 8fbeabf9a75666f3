import type { CancelTimer, Clock } from '../../../../lib/clock/index.js';
import { readDurablyAs, writeDurably } from '../../../../lib/durable/index.js';
import type { Logger } from '../../../../lib/observability/index.js';
import { newBudget, type Budget } from '../../../../lib/decision/schedule/index.js';

/** What a power cut may forget of what was spent: a few kilobytes of a month's megabytes. */
const SAVE_EVERY_MS = 600_000;

/** Keeps what tests have spent over restarts and power cuts. */
export class BudgetFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #current: () => ReadonlyMap<string, Budget>;
  #cancel: CancelTimer = () => undefined;
  #saved = '';

  private constructor(path: string, clock: Clock, logger: Logger, current: () => ReadonlyMap<string, Budget>) {
    this.#path = path;
    this.#clock = clock;
    this.#logger = logger;
    this.#current = current;
  }

  /** What an earlier run has kept; nothing where there is nothing, or nothing that can be trusted. Never fails. */
  static async load(path: string, logger: Logger): Promise<ReadonlyMap<string, Budget>> {
    try {
      const decode = (content: Uint8Array) => budgetsIn(JSON.parse(Buffer.from(content).toString('utf8')));
      return (await readDurablyAs(path, decode, { logger })) ?? new Map<string, Budget>();
    } catch (error) {
      logger.warn(
        { event: 'test-budget-unreadable', err: error, path },
        'cannot read bytes spent on tests, starting at zero',
      );
      return new Map();
    }
  }

  /** Saves what `current` answers every ten minutes, and when closed. */
  static keep(options: {
    readonly path: string;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly current: () => ReadonlyMap<string, Budget>;
  }): BudgetFile {
    const file = new BudgetFile(options.path, options.clock, options.logger, options.current);
    file.#schedule();
    return file;
  }

  async close(): Promise<void> {
    this.#cancel();
    await this.#save();
  }

  #schedule(): void {
    this.#cancel = this.#clock.setTimer(SAVE_EVERY_MS, () => {
      void this.#save();
      this.#schedule();
    });
  }

  async #save(): Promise<void> {
    const text = JSON.stringify([...this.#current()]);
    if (text === this.#saved || text === '[]') return;
    try {
      await writeDurably(this.#path, Buffer.from(text));
      this.#saved = text;
    } catch (error) {
      this.#logger.warn(
        { event: 'test-budget-not-saved', err: error, path: this.#path },
        'cannot save bytes spent on tests',
      );
    }
  }
}

function budgetsIn(json: unknown): ReadonlyMap<string, Budget> {
  if (!Array.isArray(json)) throw new Error('no list');
  return new Map(
    json.map((entry: unknown) => {
      if (!Array.isArray(entry) || typeof entry[0] !== 'string') throw new Error('an entry without a port');
      return [entry[0], budgetIn(entry[1])];
    }),
  );
}

function budgetIn(json: unknown): Budget {
  const fields = ['monthlyBytes', 'savedBytes', 'filledAtMs', 'spentBytes', 'monthBeganMs'] as const;
  if (typeof json !== 'object' || json === null) throw new Error('a budget that is no object');
  const numbers = fields.map((field) => {
    const value: unknown = Reflect.get(json, field);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${field} is no number`);
    return [field, value] as const;
  });
  const budget = Object.fromEntries(numbers) as Record<(typeof fields)[number], number>;
  const doubtBytes: unknown = Reflect.get(json, 'doubtBytes');
  // Kept by a version without an allowance for doubts.
  const kept = typeof doubtBytes === 'number' && Number.isFinite(doubtBytes) ? doubtBytes : undefined;
  return { ...budget, doubtBytes: kept ?? newBudget(budget.monthlyBytes, budget.filledAtMs).doubtBytes };
}
