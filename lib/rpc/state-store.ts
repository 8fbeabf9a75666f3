import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { isAborted, Waiters } from '../clock/index.js';

/** One step of a watch. */
export interface StateChange<T> {
  /** True: upserts are all there is. False: only what changed since the last step. */
  readonly snapshot: boolean;
  readonly epoch: string;
  readonly revision: bigint;
  readonly upserts: readonly T[];
  readonly removedKeys: readonly string[];
}

/** What a reader has already: revisions compare within one epoch only. */
export interface ResumePoint {
  readonly epoch: string;
  readonly afterRevision: bigint;
}

interface Entry<T> {
  readonly value: T;
  /** Revision of its last change. */
  readonly revision: bigint;
}

/** So many removed keys are remembered for readers that resume; one that is further behind gets a snapshot. */
const TOMBSTONE_LIMIT = 1024;

/**
 * Keyed state with revisions, and readers that follow it: first a snapshot (or what changed since their resume point),
 * then deltas. A reader is never queued for: it gets what lies between the state it saw last and the newest one, so
 * memory is bounded however slow it is.
 *
 * Revision 0 means that nothing has been put in yet; the first `replaceAll` makes revision 1 even where it is empty.
 */
export class StateStore<T> {
  readonly epoch: string;
  readonly #equals: (a: T, b: T) => boolean;
  #revision = 0n;
  #entries: ReadonlyMap<string, Entry<T>> = new Map();
  readonly #tombstones = new Map<string, bigint>();
  /** Deltas from revisions before this one cannot be told: their tombstones are gone. */
  #oldestResumable = 0n;
  /** The newest step, ready for every reader that keeps up. */
  #lastDelta: StateChange<T> | undefined;
  readonly #waiting = new Waiters();

  /** `epoch` defaults to a random one; `equals` decides what counts as a change and defaults to deep equality. */
  constructor(options: { readonly epoch?: string; readonly equals?: (a: T, b: T) => boolean } = {}) {
    this.epoch = options.epoch ?? randomUUID();
    this.#equals = options.equals ?? isDeepStrictEqual;
  }

  get revision(): bigint {
    return this.#revision;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  /** All values, in the order of the last replaceAll. */
  list(): readonly T[] {
    return [...this.#entries.values()].map((entry) => entry.value);
  }

  /**
   * Makes `entries` the state: one revision for the whole change, and none where nothing differs. `stamp` may put the
   * revision into a changed value; values that count as equal stay as they were, old stamp included.
   * Answers whether anything changed.
   */
  replaceAll(entries: ReadonlyMap<string, T>, stamp: (value: T, revision: bigint) => T = (value) => value): boolean {
    const revision = this.#revision + 1n;
    const next = new Map<string, Entry<T>>();
    const upserts: T[] = [];
    for (const [key, value] of entries) {
      const current = this.#entries.get(key);
      if (current !== undefined && this.#equals(current.value, value)) {
        next.set(key, current);
        continue;
      }
      const stamped = stamp(value, revision);
      next.set(key, { value: stamped, revision });
      upserts.push(stamped);
    }
    const removedKeys = [...this.#entries.keys()].filter((key) => !next.has(key));
    if (upserts.length === 0 && removedKeys.length === 0 && this.#revision > 0n) return false;

    this.#revision = revision;
    this.#entries = next;
    this.#bury(removedKeys, next, revision);
    this.#lastDelta = { snapshot: false, epoch: this.epoch, revision, upserts, removedKeys };
    this.#waiting.wake();
    return true;
  }

  /** Follows the state until the signal aborts. The first step comes at once, even where it is empty. */
  async *watch(resume: ResumePoint, signal: AbortSignal): AsyncGenerator<StateChange<T>, void, undefined> {
    if (signal.aborted) return;
    const resumable =
      resume.epoch === this.epoch &&
      resume.afterRevision >= this.#oldestResumable &&
      resume.afterRevision <= this.#revision;
    let seen = this.#revision;
    yield resumable ? this.#delta(resume.afterRevision) : this.#snapshot();
    for (;;) {
      // A reader that returns here after its turn may find the next change already made.
      while (this.#revision === seen && !isAborted(signal)) await this.#waiting.next(signal);
      if (isAborted(signal)) return;
      const change = seen >= this.#oldestResumable ? this.#delta(seen) : this.#snapshot();
      seen = change.revision;
      yield change;
    }
  }

  #snapshot(): StateChange<T> {
    return { snapshot: true, epoch: this.epoch, revision: this.#revision, upserts: this.list(), removedKeys: [] };
  }

  #delta(after: bigint): StateChange<T> {
    if (this.#lastDelta !== undefined && after === this.#revision - 1n) return this.#lastDelta;
    const upserts: T[] = [];
    for (const entry of this.#entries.values()) if (entry.revision > after) upserts.push(entry.value);
    const removedKeys: string[] = [];
    for (const [key, revision] of this.#tombstones) if (revision > after) removedKeys.push(key);
    return { snapshot: false, epoch: this.epoch, revision: this.#revision, upserts, removedKeys };
  }

  #bury(removedKeys: readonly string[], living: ReadonlyMap<string, unknown>, revision: bigint): void {
    for (const key of this.#tombstones.keys()) if (living.has(key)) this.#tombstones.delete(key);
    for (const key of removedKeys) this.#tombstones.set(key, revision);
    // The map keeps the order of burial, so the oldest come first.
    for (const [key, buriedIn] of this.#tombstones) {
      if (this.#tombstones.size <= TOMBSTONE_LIMIT) break;
      this.#tombstones.delete(key);
      this.#oldestResumable = buriedIn;
    }
  }
}
