import { status } from '@grpc/grpc-js';

import { RpcError } from './errors.js';

/** So many wait for their turn; whoever comes then is to come again. */
const MOST_WAITING = 8;

/** Large requests, one after the other: each takes memory from when it is decoded until it is answered. */
export class LargeRequests {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /**
   * Resolves with what ends the turn, when it has come.
   * @throws RpcError RESOURCE_EXHAUSTED where too many wait
   */
  async turn(): Promise<() => void> {
    if (this.#isTaken) {
      if (this.#waiting.length >= MOST_WAITING) {
        throw new RpcError(
          status.RESOURCE_EXHAUSTED,
          `${MOST_WAITING} large requests are waiting for their turn; come again later`,
          { reason: 'TOO_MANY_LARGE_REQUESTS' },
        );
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#isTaken = true;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#isTaken = false;
      else next();
    };
  }
}
