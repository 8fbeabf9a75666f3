import { Child } from './child.js';
import { Sightings, type SightingKind } from './sightings.js';

/** What the subscriber tells: kind, network instance, port, and when it heard it. */
export type Sighting = [kind: SightingKind, name: string, port: string, atMs: number];

/** A subscriber of NIM and zedrouter in a process of its own; the benchmark asks it when it heard what. */
export class SubscriberProcess extends Sightings {
  readonly #child: Child;

  constructor(runDir: string) {
    super();
    this.#child = new Child('bench-subscriber.js', runDir);
    this.#child.process.on('message', (message) => {
      this.note(...(message as Sighting));
    });
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}
