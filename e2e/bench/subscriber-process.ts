import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { Sightings, type SightingKind } from './sightings.js';

/** What the subscriber tells: kind, network instance, port, and when it heard it. */
export type Sighting = [kind: SightingKind, name: string, port: string, atMs: number];

/** A subscriber of NIM and zedrouter in a process of its own; the benchmark asks it when it heard what. */
export class SubscriberProcess {
  readonly #sightings = new Sightings();
  readonly #child: ChildProcess;

  constructor(runDir: string) {
    this.#child = fork(fileURLToPath(new URL('./bench-subscriber.js', import.meta.url)), [runDir]);
    this.#child.on('message', (message) => {
      this.#sightings.note(...(message as Sighting));
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
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}
