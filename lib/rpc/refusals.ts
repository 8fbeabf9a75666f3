import type { Clock } from '../clock/index.js';
import type { LogFields, Logger } from '../observability/index.js';
import type { Caller } from './call-context.js';
import type { RpcError } from './errors.js';

/** One line a second at most, however many calls somebody makes. */
const EVERY_MS = 1_000;

export interface Refusal {
  readonly path: string;
  readonly peer: string;
  readonly caller: Caller;
  readonly error: RpcError;
}

/** Logs the calls that were turned away, not more often than once a second; each line says how many had none. */
export class Refusals {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #lastMs = -Infinity;
  #unlogged = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  note({ path, peer, caller, error }: Refusal): void {
    const { codeName: code, reason, message } = error;
    const certificate = caller.kind === 'local' ? undefined : caller.commonName;
    this.#log({ event: 'call-refused', method: path, peer, certificate, code, reason, why: message }, 'refused a call');
  }

  /** A connection that got no further. */
  noteConnection(peer: string, why: string): void {
    this.#log({ event: 'connection-refused', peer, why }, 'refused a connection');
  }

  #log(fields: LogFields, words: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs < EVERY_MS) {
      this.#unlogged += 1;
      return;
    }
    this.#logger.warn({ ...fields, unlogged: this.#unlogged }, words);
    this.#lastMs = nowMs;
    this.#unlogged = 0;
  }
}
