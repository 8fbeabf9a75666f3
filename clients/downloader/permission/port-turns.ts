import type { PortUse } from './choose.js';

/** Who uses which port: downloads that share one of these take turns on equal ports. */
export class PortTurns {
  readonly #uses = new Map<string, PortUse>();
  #turns = 0;

  /** A transfer begins on a port. Call what is returned when it ends. */
  begin(label: string): () => void {
    this.#turns += 1;
    this.#uses.set(label, { running: this.of(label).running + 1, lastTurn: this.#turns });
    return () => {
      const { running, lastTurn } = this.of(label);
      this.#uses.set(label, { running: running - 1, lastTurn });
    };
  }

  of(label: string): PortUse {
    return this.#uses.get(label) ?? { running: 0, lastTurn: 0 };
  }
}
