import { whenAborted } from './when-aborted.js';

/** Those who wait for the next time that something happens. */
export class Waiters {
  readonly #wakes = new Set<() => void>();

  /** Resolves with the next call of `wake`, or when the signal aborts; no listener is left behind. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let stopListening = (): void => undefined;
      const wake = (): void => {
        this.#wakes.delete(wake);
        stopListening();
        resolve();
      };
      this.#wakes.add(wake);
      stopListening = whenAborted(signal, wake);
    });
  }

  /** Whoever waits goes on; who begins to wait now waits for the next call. */
  wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }
}
