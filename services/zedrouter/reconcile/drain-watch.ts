import type { Clock } from '../../../lib/clock/index.js';
import { FLOW_MASK, flowMark } from '../../../lib/dataplane-layout/index.js';
import type { FlowMemories } from '../desired/generations.js';
import type { FlowNumbers } from '../plan/transition.js';

/** A first count tells soon whether there is anything to wait for, and not in the moment of the switch. */
const FIRST_COUNT_AFTER_MS = 500;
const COUNT_EVERY_MS = 5_000;
/** Timers stand still while the machine sleeps. */
const CHECKED_EVERY_MS = 1_000;
/** Each is a walk through the kernel's table of flows, some milliseconds long; the others have their turn later. */
const COUNTED_AT_ONCE = 8;

/** A port that a network instance has left, and whose flows stay. */
export interface Draining {
  /** Logical label. */
  readonly port: string;
  /** Undefined: not counted yet. */
  readonly flows: number | undefined;
  /** On the wall clock, as it was when the drain began. */
  readonly endsAtWallMs: number;
}

export interface DrainWatchOptions {
  readonly clock: Clock;
  readonly count: (selection: { readonly mark: number; readonly mask: number }) => Promise<number>;
  /** A drain has ended, or has other flows than before. */
  readonly onNews: () => void;
}

interface Watched {
  readonly niId: string;
  readonly port: string;
  readonly mark: number;
  readonly endsAtBoottimeMs: number;
  readonly endsAtWallMs: number;
  flows: number | undefined;
  /** Monotonic. */
  countAtMs: number;
}

/** Counts the flows that are left on ports which network instances have left, and wakes when their time is over. */
export class DrainWatch {
  readonly #options: DrainWatchOptions;
  #watched = new Map<string, Watched>();
  #cancel: () => void = () => undefined;
  #counting = false;
  #closed = false;

  constructor(options: DrainWatchOptions) {
    this.#options = options;
  }

  /** Watches these drains and no others. */
  follow(memories: FlowMemories, { ids, ofFlows }: FlowNumbers): void {
    const { clock } = this.#options;
    const watched = new Map<string, Watched>();
    for (const [niId, { drains }] of memories) {
      for (const [port, { endsAtBoottimeMs }] of drains) {
        const [portNumber, flowNumber] = [ids.ports.get(port), ofFlows.get(niId)];
        if (portNumber === undefined || flowNumber === undefined) continue;
        const key = keyOf(niId, port);
        const before = this.#watched.get(key);
        const isSame = before?.endsAtBoottimeMs === endsAtBoottimeMs;
        watched.set(
          key,
          isSame
            ? before
            : {
                ...{ niId, port, endsAtBoottimeMs, flows: undefined, mark: flowMark(portNumber, flowNumber) },
                endsAtWallMs: Math.round(clock.wallMs() + endsAtBoottimeMs - clock.boottimeMs()),
                countAtMs: clock.monotonicMs() + FIRST_COUNT_AFTER_MS,
              },
        );
      }
    }
    this.#watched = watched;
    this.#wait();
  }

  /** Undefined: not counted yet, or not watched. */
  flowsLeft(niId: string, port: string): number | undefined {
    return this.#watched.get(keyOf(niId, port))?.flows;
  }

  /** What is watched, by network instance. */
  get draining(): ReadonlyMap<string, readonly Draining[]> {
    const draining = new Map<string, Draining[]>();
    for (const { niId, port, flows, endsAtWallMs } of this.#watched.values()) {
      draining.set(niId, [...(draining.get(niId) ?? []), { port, flows, endsAtWallMs }]);
    }
    return draining;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #wait(): void {
    this.#cancel();
    if (this.#closed || this.#watched.size === 0) return;
    const { clock } = this.#options;
    const [nowMs, bootMs] = [clock.monotonicMs(), clock.boottimeMs()];
    const waits = [...this.#watched.values()].map(({ countAtMs, endsAtBoottimeMs }) =>
      Math.min(countAtMs - nowMs, endsAtBoottimeMs - bootMs),
    );
    this.#cancel = clock.setTimer(Math.max(0, Math.min(CHECKED_EVERY_MS, ...waits)), () => {
      if (this.#hasEnded()) this.#options.onNews();
      void this.#countDue();
    });
  }

  #hasEnded(): boolean {
    const bootMs = this.#options.clock.boottimeMs();
    return [...this.#watched.values()].some(({ endsAtBoottimeMs }) => endsAtBoottimeMs <= bootMs);
  }

  async #countDue(): Promise<void> {
    if (this.#counting) return;
    this.#counting = true;
    const { clock, count, onNews } = this.#options;
    const due = [...this.#watched.values()].filter(({ countAtMs }) => countAtMs <= clock.monotonicMs());
    let isNews = false;
    for (const each of due.slice(0, COUNTED_AT_ONCE)) {
      // Where the kernel cannot be asked, the drain ends with its time.
      const flows = await count({ mark: each.mark, mask: FLOW_MASK }).catch(() => each.flows);
      isNews ||= flows !== each.flows;
      each.flows = flows;
      each.countAtMs = clock.monotonicMs() + COUNT_EVERY_MS;
    }
    this.#counting = false;
    if (isNews && !this.#closed) onNews();
    this.#waitUnlessOver();
  }

  /** What has ended is followed no more when that is applied; there is no use in waking for it again and again. */
  #waitUnlessOver(): void {
    this.#cancel();
    if (this.#closed || this.#watched.size === 0) return;
    if (!this.#hasEnded()) this.#wait();
    else {
      this.#cancel = this.#options.clock.setTimer(CHECKED_EVERY_MS, () => {
        if (this.#hasEnded()) this.#options.onNews();
        this.#waitUnlessOver();
      });
    }
  }
}

function keyOf(niId: string, port: string): string {
  return `${niId} ${port}`;
}
