import { followSelections } from './selection-stream.js';
import { Sightings } from './sightings.js';

/** A subscriber like any other: notes when it hears which port a network instance is to use, and does use. */
export class SelectionWatch extends Sightings {
  readonly #ending = new AbortController();
  readonly #following: Promise<void>;

  constructor(runDir: string) {
    super();
    this.#following = followSelections(runDir, this.#ending.signal, (kind, name, port, atMs) => {
      this.note(kind, name, port, atMs);
    });
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#following;
  }
}
