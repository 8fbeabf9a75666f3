import { Waiters, type Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { formatEvent, parseEvent } from './event-line.js';
import type { ManagerEvent, LoggedEvent } from './event.js';
import { LineFile } from './line-file.js';

/** So many events are kept: on a link that flaps every ten seconds, a day and more. */
export const EVENTS_KEPT = 10_000;

/** The log of what happened: bounded, append-only, kept over restarts; the sequence goes on where it ended. */
export class EventLog {
  readonly #clock: Clock;
  readonly #file: LineFile;
  /** Ascending; the oldest leave at the front. */
  #events: LoggedEvent[] = [];
  #lastSequence = 0;
  readonly #waiting = new Waiters();

  private constructor(file: LineFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Opens the log in a file, with what is in it. Damaged lines are left out and counted in a warning. Never fails. */
  static async open(options: {
    readonly path: string;
    readonly clock: Clock;
    readonly logger: Logger;
  }): Promise<EventLog> {
    const file = new LineFile({ ...options, linesPerFile: EVENTS_KEPT / 2 });
    const log = new EventLog(file, options.clock);
    let damaged = 0;
    for (const line of await file.load()) {
      const event = parseEvent(line);
      if (event === undefined || event.sequence <= log.#lastSequence) damaged += 1;
      else log.#keep(event);
    }
    if (damaged > 0)
      options.logger.warn(
        { event: 'event-log-damaged', path: options.path, lines: damaged },
        'event log has damaged lines, skipped them',
      );
    return log;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Adds what happened, by default now. Costs microseconds: readers and the disk get it after the caller's turn. */
  append(event: ManagerEvent, wallMs: number = this.#clock.wallMs()): void {
    const logged = { sequence: this.#lastSequence + 1, wallMs, event };
    this.#keep(logged);
    this.#file.append(formatEvent(logged));
    this.#waiting.wake();
  }

  /** Kept events after a sequence number, oldest first. */
  list(afterSequence: number): readonly LoggedEvent[] {
    return this.#events.slice(this.#positionAfter(this.#known(afterSequence)));
  }

  /**
   * Kept events after a sequence number, then each new one, until the signal aborts. A slow reader misses what is no
   * longer kept.
   */
  async *watch(afterSequence: number, signal: AbortSignal): AsyncGenerator<LoggedEvent, void, undefined> {
    let seen = this.#known(afterSequence);
    while (!signal.aborted) {
      const next = this.#events[this.#positionAfter(seen)];
      if (next === undefined) {
        await this.#waiting.next(signal);
        continue;
      }
      seen = next.sequence;
      yield next;
    }
  }

  /** Writes what is not on disk yet. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** A number that was never given comes from a log that is gone: all that is here is new to its reader. */
  #known(sequence: number): number {
    return sequence > this.#lastSequence ? 0 : sequence;
  }

  /** Where the first event after a sequence number stands; by bisection, since damaged lines leave gaps. */
  #positionAfter(sequence: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.sequence ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #keep(event: LoggedEvent): void {
    this.#lastSequence = event.sequence;
    this.#events.push(event);
    if (this.#events.length > EVENTS_KEPT) this.#events.shift();
  }
}
