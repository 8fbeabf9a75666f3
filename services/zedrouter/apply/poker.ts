import { pokeApps, whyNoSystemCalls, type Poke } from 'iproute-exec';

import type { Logger } from '../../observability/index.js';

/** What waits beyond that is left out, and finds out with its next packet. Some 50 ms of work, in small pieces. */
const MOST_WAITING = 4_000;

/**
 * Has apps find out at once that their sessions have ended, beside everything else. Where this machine does not let it,
 * it says so once, and apps find out with their next packet.
 */
export class Poker {
  readonly #namespace: string | undefined;
  readonly #logger: Logger;
  #waiting: Poke[] = [];
  #working: Promise<void> | undefined;
  #hasComplained = false;

  constructor(namespace: string | undefined, logger: Logger) {
    this.#namespace = namespace;
    this.#logger = logger;
  }

  add(pokes: readonly Poke[]): void {
    // Without system calls nobody was told which flows ended, so there is never anything to poke.
    const reason = whyNoSystemCalls();
    if (reason !== undefined) this.#complain(reason);
    this.#waiting.push(...pokes.slice(0, Math.max(0, MOST_WAITING - this.#waiting.length)));
    this.#working ??= this.#work();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (;;) {
      // Whoever waits for the event loop comes first.
      await new Promise((resolve) => setImmediate(resolve));
      const pokes = this.#waiting;
      if (pokes.length === 0) break;
      this.#waiting = [];
      try {
        const sent = await pokeApps(pokes, this.#namespace);
        this.#logger.debug({ sent, sessions: pokes.length }, 'poked apps whose sessions have ended');
      } catch (error) {
        this.#complain(error instanceof Error ? error.message : String(error));
      }
    }
    this.#working = undefined;
  }

  #complain(reason: string): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    this.#logger.warn({ reason }, 'apps are not told at once when sessions end: they find out with their next packet');
  }
}
