import { monotonicMs } from '../../lab/index.js';

/** Some failures are found by the next full test only, which comes every 45 s where no app begins connections. */
const LONGEST_WAIT_MS = 90_000;

/** Selected: NIM says so in NITS. Applied: zedrouter has read it back from the kernel. */
export type SightingKind = 'selected' | 'applied';

interface Seen {
  readonly port: string;
  readonly atMs: number;
}

/**
 * When a subscriber heard last which port a network instance is to use, and does use; and waiting for it to be another.
 */
export class Sightings {
  readonly #seen: Readonly<Record<SightingKind, Map<string, Seen>>> = { selected: new Map(), applied: new Map() };
  #waiting: (() => void)[] = [];

  /** Only a change counts: the moment is that of the first time. */
  note(kind: SightingKind, name: string, port: string, atMs: number): void {
    if (this.#seen[kind].get(name)?.port === port) return;
    this.#seen[kind].set(name, { port, atMs });
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** When it was heard, in monotonic milliseconds, that the network instance is to use this port; waits for it. */
  selected(name: string, port: string): Promise<number> {
    return this.#when('selected', name, port);
  }

  /** When it was heard that it does. */
  applied(name: string, port: string): Promise<number> {
    return this.#when('applied', name, port);
  }

  async #when(kind: SightingKind, name: string, port: string): Promise<number> {
    const deadlineMs = monotonicMs() + LONGEST_WAIT_MS;
    for (;;) {
      const now = this.#seen[kind].get(name);
      if (now?.port === port) return now.atMs;
      if (monotonicMs() > deadlineMs) throw new Error(`${name} is not ${kind} on ${port} after ${LONGEST_WAIT_MS} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
