import type { Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { LineFile } from '../events/index.js';
import { formatOutage, outageKey, parseOutage, type Outage } from './outage.js';

/** So many that have ended are kept in a file, and in the one before it. */
const OUTAGES_A_FILE = 5_000;

/** Outages that have ended, kept over restarts, and those that last. */
export class OutageBook {
  readonly #file: LineFile;
  #ended: Outage[] = [];
  readonly #lasting = new Map<string, Outage>();

  private constructor(file: LineFile) {
    this.#file = file;
  }

  /** `lasting`: those of an earlier run, unless they have ended. Never fails. */
  static async open(
    options: { readonly path: string; readonly clock: Clock; readonly logger: Logger },
    lasting: readonly Outage[],
  ): Promise<OutageBook> {
    const book = new OutageBook(new LineFile({ ...options, linesPerFile: OUTAGES_A_FILE }));
    const lines = await book.#file.load();
    book.#ended = lines.map(parseOutage).filter((each) => each?.endMs !== undefined) as Outage[];
    const known = new Set(book.#ended.map(outageKey));
    for (const outage of lasting) if (!known.has(outageKey(outage))) book.begin(outage);
    return book;
  }

  begin(outage: Outage): void {
    this.#lasting.set(`${outage.kind} ${outage.id}`, outage);
  }

  lastingOf(kind: Outage['kind'], id: string): Outage | undefined {
    return this.#lasting.get(`${kind} ${id}`);
  }

  /** It has ended. */
  end(outage: Outage & { readonly endMs: number }): void {
    this.#lasting.delete(`${outage.kind} ${outage.id}`);
    this.#ended.push(outage);
    if (this.#ended.length > 2 * OUTAGES_A_FILE) this.#ended = this.#ended.slice(-OUTAGES_A_FILE);
    this.#file.append(formatOutage(outage));
  }

  lasting(): readonly Outage[] {
    return [...this.#lasting.values()];
  }

  /** Those that had not ended by `sinceMs` and had begun before `untilMs`, those that last last. */
  list(sinceMs: number, untilMs: number): readonly Outage[] {
    return [...this.#ended, ...this.#lasting.values()].filter(
      ({ beginMs, endMs }) => beginMs < untilMs && (endMs === undefined || endMs >= sinceMs),
    );
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
