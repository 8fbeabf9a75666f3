import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * What the worker runs. A source text and no file: the bundle and the tests, which run TypeScript, have no file in
 * common that a worker could start from.
 */
const WORKER = `
  const { createHash } = require('node:crypto');
  const { parentPort } = require('node:worker_threads');
  let hash = createHash('sha256');
  parentPort.on('message', (asked) => {
    if (asked === 'restart') hash = createHash('sha256');
    else if (asked === 'digest') parentPort.postMessage(hash.copy().digest('hex'));
    else parentPort.postMessage(hash.update(asked) && '');
  });
`;

/** The worker's heap: it has a hash and a message at a time. */
const WORKER_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };

/**
 * The sha256 of what comes in pieces, computed on a thread of its own: at a gigabyte a second it takes as long as all
 * else that is done with the bytes. One thing at a time: until a promise has settled, `free` is all that may be called.
 */
export class Sha256 {
  readonly #worker = new Worker(WORKER, { eval: true, name: 'sha256', resourceLimits: WORKER_LIMITS });
  #isBusy = false;
  #isFree = false;

  /** Takes the next piece: without a copy where it lies in shared memory, and it must stay as it is until then. */
  async update(piece: Buffer): Promise<void> {
    await this.#ask(piece);
  }

  /** Of what has come so far, in hexadecimal; more may come. */
  digest(): Promise<string> {
    return this.#ask('digest');
  }

  /** Forgets what has come. */
  restart(): void {
    this.#requireIdle();
    this.#worker.postMessage('restart');
  }

  /** Ends the thread. Must be called in the end, and nothing after it; what is asked meanwhile fails. */
  free(): void {
    this.#isFree = true;
    void this.#worker.terminate();
  }

  /** @throws Error where the thread ends before it has answered */
  async #ask(what: Buffer | 'digest'): Promise<string> {
    this.#requireIdle();
    this.#isBusy = true;
    const over = new AbortController();
    try {
      this.#worker.postMessage(what);
      const [answer] = (await Promise.race([
        once(this.#worker, 'message', { signal: over.signal }),
        once(this.#worker, 'exit', { signal: over.signal }).then(() => {
          this.#requireOpen();
          throw new Error('the thread of the sha256 has ended');
        }),
      ])) as [string];
      // The answer may have been on its way when the thread was given up.
      this.#requireOpen();
      return answer;
    } finally {
      this.#isBusy = false;
      over.abort();
    }
  }

  #requireIdle(): void {
    this.#requireOpen();
    if (this.#isBusy) throw new Error('the sha256 is in use');
  }

  #requireOpen(): void {
    if (this.#isFree) throw new Error('the sha256 has been given up');
  }
}
