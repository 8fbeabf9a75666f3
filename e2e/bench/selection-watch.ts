import { followSelections } from './selection-stream.js';
import { Sightings } from './sightings.js';

/** A subscriber like any other: notes when it hears which port a network instance is to use, and does use. */
export class SelectionWatch {
  readonly #sightings = new Sightings();
  readonly #ending = new AbortController();
  readonly #following: Promise<void>;

  constructor(runDir: string) {
    this.#following = followSelections(runDir, this.#ending.signal, (kind, name, port, atMs) => {
      this.#sightings.note(kind, name, port, atMs);
    });
  }

  /** When the subscriber heard that the network instance is to use this port; waits for it. */
  selected(name: string, port: string): Promise<number> {
    return this.#sightings.when('selected', name, port);
  }

  /** When the subscriber heard that it does. */
  applied(name: string, port: string): Promise<number> {
    return this.#sightings.when('applied', name, port);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#following;
  }
}
