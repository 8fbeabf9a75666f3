import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { CancelTimer, Clock } from '../clock/index.js';
import { lastGoodPath, readDurablyAs, writeDurably } from '../durable/index.js';
import type { Logger } from '../observability/index.js';
import { bounded, DAY_MS, HOUR_MS, sum, type Counts, type Period } from './counts.js';
import { formatSegments, groupedBy, parseSegments, withSegments, type Segment } from './segment.js';

/** What a power cut may take: so much time, and what saving takes. */
const SAVE_AFTER_MS = 7_000;
/** So many days are kept by the hour, today included; and so many months by the day: 400 days, whatever the day. */
export const DAYS_BY_HOUR = 36;
export const MONTHS_BY_DAY = 15;
/** A clock that is set back by less than this goes on in the hour that it was in. */
const MOST_SET_BACK_MS = DAY_MS;

/** So many hours wait for a disk that does not take them. */
const MOST_OPEN = 72;

const NOW = 'now';
const HOURS = 'hours';
const DAYS = 'days';

export interface HistoryOptions<State> {
  /** A directory of its own. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** So many series at most an hour, and a day; beyond that the smallest go into what `coarser` makes of them. */
  readonly mostSeries: number;
  readonly coarser: (series: string) => string;
  /** What is kept in the same file as the newest counts, as JSON. */
  readonly formatState: (state: State) => unknown;
  /** Reads it back; undefined: it is none. */
  readonly parseState: (json: unknown) => State | undefined;
}

/** Hours that no file of theirs has yet, the newest last, and what is kept beside them. */
interface Kept {
  readonly nextId: number;
  readonly open: readonly Segment[];
  readonly state: unknown;
}

/**
 * What was counted, by the hour for 35 days and by the day for 400, over restarts and power cuts; a power cut takes at
 * most ten seconds. What is added is saved together with a state of the caller's in one file, whole or not at all:
 * where the state says up to where was counted, nothing is counted twice and nothing left out.
 *
 * `now` has the hour under way; `hours/DAY` the hours of a day, `days/MONTH` the days of a month, in UTC. How many
 * files there are is bounded, not how old they are: a clock that is wrong for once costs little.
 */
export class History<State> {
  readonly #options: HistoryOptions<State>;
  #nextId = 1;
  #open: readonly Segment[] = [];
  /** What was added to an hour since its counts were summed last: a burst of additions costs one sum. */
  #added: { readonly beginMs: number; readonly counts: Counts[]; size: number } | undefined;
  #state: State | undefined;
  #isDirty = false;
  #cancelSave: CancelTimer | undefined;
  #saving: Promise<void> = Promise.resolve();
  #failing = false;
  #closed = false;

  private constructor(options: HistoryOptions<State>) {
    this.#options = options;
  }

  /** Opens it with what an earlier run has left. What cannot be read is set aside, and told. Never fails. */
  static async open<State>(options: HistoryOptions<State>): Promise<History<State>> {
    const history = new History<State>(options);
    const { directory, logger } = options;
    try {
      const kept = await readDurablyAs(join(directory, NOW), (content) => keptIn(content), { logger });
      if (kept !== undefined) {
        history.#nextId = kept.nextId;
        history.#open = kept.open;
        history.#state = kept.state === undefined ? undefined : options.parseState(kept.state);
      }
    } catch (error) {
      history.#complain(error, 'history-unreadable', 'cannot read history, starting with none');
    }
    return history;
  }

  /** What was given with what was added last, by an earlier run, too. */
  get state(): State | undefined {
    return this.#state;
  }

  /** Adds what was counted since the last time, up to now; from `state` the next run goes on. */
  add(counts: Counts, state: State): void {
    if (this.#closed) return;
    const { clock, mostSeries } = this.#options;
    this.#state = state;
    const beginMs = hourOf(clock.wallMs(), (this.#added ?? this.#open.at(-1))?.beginMs);
    if (counts.size > 0) {
      if (this.#added !== undefined && this.#added.beginMs !== beginMs) this.#sumUp();
      this.#added ??= { beginMs, counts: [], size: 0 };
      this.#added.counts.push(counts);
      this.#added.size += counts.size;
      if (this.#added.size >= mostSeries) this.#sumUp();
    }
    this.#isDirty = true;
    this.#cancelSave ??= clock.setTimer(SAVE_AFTER_MS, () => {
      this.#cancelSave = undefined;
      void this.save();
    });
  }

  /** Puts on disk what is not there yet. Resolves when it is; where the disk refuses, that is told and tried again. */
  save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      try {
        await this.#saveAll();
        this.#failing = false;
      } catch (error) {
        this.#complain(error, 'history-not-saved', 'cannot save history');
      }
    });
    return this.#saving;
  }

  /** Saves what is left. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelSave?.();
    await this.save();
  }

  /**
   * What was counted in hours and days that begin from `fromMs` on and before `toMs`, oldest first: by the hour
   * where that is kept. The hour under way is among them.
   */
  async *read(fromMs: number, toMs: number): AsyncGenerator<Period, void, undefined> {
    const [sinceMs, untilMs] = [withinCalendar(fromMs), withinCalendar(toMs)];
    // What is on its way from one file into another is in both, with one id.
    await this.#saving;
    this.#sumUp();
    const open = this.#open;
    const isWanted = (beginMs: number): boolean => beginMs >= sinceMs && beginMs < untilMs;
    const onDisk = new Set(await this.#names(HOURS));
    const daysByHour = new Set([...onDisk, ...open.map(({ beginMs }) => dayName(beginMs))]);
    for (const month of await this.#names(DAYS)) {
      if (month < monthName(sinceMs) || month > monthName(untilMs)) continue;
      for (const { beginMs, counts } of await this.#segments(DAYS, month)) {
        if (isWanted(beginMs) && !daysByHour.has(dayName(beginMs))) yield { beginMs, lengthMs: DAY_MS, counts };
      }
    }
    for (const day of [...daysByHour].sort()) {
      if (day < dayName(sinceMs) || day > dayName(untilMs)) continue;
      const ofDay = open.filter(({ beginMs }) => dayName(beginMs) === day);
      const all = withSegments(onDisk.has(day) ? await this.#segments(HOURS, day) : [], ofDay);
      for (const [beginMs, those] of groupedBy(all, (each) => each.beginMs)) {
        if (isWanted(beginMs)) yield { beginMs, lengthMs: HOUR_MS, counts: sum(those.map(({ counts }) => counts)) };
      }
    }
  }

  #sumUp(): void {
    const added = this.#added;
    if (added === undefined) return;
    const { mostSeries, coarser } = this.#options;
    const last = this.#open.at(-1);
    const { beginMs } = added;
    const open = last?.beginMs === beginMs ? last : { beginMs, id: this.#takeId(), counts: new Map() };
    const grown = { ...open, counts: bounded(sum([open.counts, ...added.counts]), mostSeries, coarser) };
    this.#open = [...(open === last ? this.#open.slice(0, -1) : this.#open), grown].slice(-MOST_OPEN);
    this.#added = undefined;
  }

  #takeId(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }

  async #saveAll(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    try {
      await this.#saveNow();
      const over = this.#open.slice(0, -1);
      for (const [day, segments] of groupedBy(over, ({ beginMs }) => dayName(beginMs))) {
        await this.#putInto(day, segments);
      }
      if (over.length === 0) return;
      this.#open = this.#open.filter((segment) => !over.some(({ id }) => id === segment.id));
      // From here on nothing of them is put into their files again, which the next hour's turn relies on.
      await this.#saveNow();
      await this.#prune(HOURS, DAYS_BY_HOUR);
      await this.#prune(DAYS, MONTHS_BY_DAY);
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  async #saveNow(): Promise<void> {
    const { directory, formatState } = this.#options;
    this.#sumUp();
    const state = this.#state === undefined ? {} : { state: formatState(this.#state) };
    const kept = { nextId: this.#nextId, open: formatSegments(this.#open), ...state };
    await writeDurably(join(directory, NOW), Buffer.from(JSON.stringify(kept)));
  }

  async #putInto(day: string, segments: readonly Segment[]): Promise<void> {
    const hours = withSegments(await this.#segments(HOURS, day), segments);
    await this.#write(HOURS, day, hours);
    const month = day.slice(0, MONTH_LENGTH);
    const beginMs = Date.parse(`${day}T00:00:00Z`);
    const others = (await this.#segments(DAYS, month)).filter((each) => each.beginMs !== beginMs);
    const { mostSeries, coarser } = this.#options;
    const whole = bounded(sum(hours.map(({ counts }) => counts)), mostSeries, coarser);
    await this.#write(DAYS, month, withSegments(others, [{ beginMs, counts: whole }]));
  }

  #write(kind: string, name: string, segments: readonly Segment[]): Promise<void> {
    return writeDurably(join(this.#options.directory, kind, name), Buffer.from(formatSegments(segments)));
  }

  async #segments(kind: string, name: string): Promise<readonly Segment[]> {
    const { directory, logger } = this.#options;
    const path = join(directory, kind, name);
    return (await readDurablyAs(path, (content) => parseSegments(jsonIn(content)), { logger })) ?? [];
  }

  /** Of the files of a kind, ascending. */
  async #names(kind: string): Promise<readonly string[]> {
    const names = await readdir(join(this.#options.directory, kind)).catch(() => []);
    return names.filter((name) => NAMES.test(name)).sort();
  }

  async #prune(kind: string, most: number): Promise<void> {
    for (const name of (await this.#names(kind)).slice(0, -most)) {
      const path = join(this.#options.directory, kind, name);
      await rm(lastGoodPath(path), { force: true });
      await rm(path, { force: true });
    }
  }

  #complain(error: unknown, event: 'history-unreadable' | 'history-not-saved', message: string): void {
    const { logger, directory } = this.#options;
    if (!this.#failing) logger.warn({ event, err: error, path: directory }, message);
    this.#failing = true;
  }
}

/** Years of four digits. */
const LAST_MS = Date.UTC(9999, 11, 31, 23);

function withinCalendar(ms: number): number {
  return Math.min(Math.max(ms, 0), LAST_MS);
}

const NAMES = /^\d{4}-\d{2}(-\d{2})?$/;
const MONTH_LENGTH = '2026-01'.length;
const DAY_LENGTH = '2026-01-01'.length;

function dayName(ms: number): string {
  return new Date(ms).toISOString().slice(0, DAY_LENGTH);
}

function monthName(ms: number): string {
  return new Date(ms).toISOString().slice(0, MONTH_LENGTH);
}

/** The hour of a moment; a clock that was set back a little goes on in `openMs`. */
function hourOf(wallMs: number, openMs: number | undefined): number {
  const beginMs = Math.floor(withinCalendar(wallMs) / HOUR_MS) * HOUR_MS;
  return openMs !== undefined && beginMs < openMs && openMs - beginMs < MOST_SET_BACK_MS ? openMs : beginMs;
}

function jsonIn(content: Uint8Array): unknown {
  return JSON.parse(Buffer.from(content).toString('utf8'));
}

function keptIn(content: Uint8Array): Kept {
  const json = jsonIn(content);
  if (typeof json !== 'object' || json === null || !('nextId' in json) || !('open' in json))
    throw new Error('no history');
  const { nextId, open } = json;
  if (!Number.isSafeInteger(nextId) || typeof open !== 'string') throw new Error('no history');
  return {
    nextId: Number(nextId),
    open: parseSegments(JSON.parse(open)),
    state: 'state' in json ? json.state : undefined,
  };
}
