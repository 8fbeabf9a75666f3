import type { Socket } from 'node:net';

import { Client, type Dispatcher } from 'undici';

import { whenAborted } from '../../../lib/uplink-socket/index.js';
import type { Connection } from './connect.js';
import type { Headers } from './validator.js';
import { Valve } from './valve.js';

/** No honest answer has more. */
const LONGEST_HEADERS = 16 * 1024;

/** Takes a chunk of the body. What it returns is waited for before more is read; undefined: go on. */
export type Sink = (chunk: Buffer) => Promise<void> | undefined;

/** The head of an answer, and its body, which waits until it is read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /**
   * Hands the body to `sink`, to its end.
   * @throws (a rejection) where the connection breaks before that, where `sink` throws, and the reason of `enough` where that aborts
   */
  readBody(sink: Sink, enough: AbortSignal): Promise<void>;
}

export interface Exchange {
  readonly answer: Promise<Answer>;
  /** Ends it, whatever it is doing, and the connection. */
  end(): void;
}

/**
 * One GET over a connection of its own, which `connect` makes. Aborting the signal cuts the connection at once; the answer, or the reading
 * of its body, then fails with the signal's reason. What has come of a body of known length is handed over before that.
 */
export function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  connect: () => Promise<Connection>,
  signal: AbortSignal,
): Exchange {
  const reader = new Reader();
  let connection: Connection | undefined;
  const client = new Client(url.origin, {
    // Time limits are the caller's: undici's know nothing of pauses for a rate limit.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: LONGEST_HEADERS,
    pipelining: 1,
    connect: (_options, callback) => {
      connect().then(
        (made) => {
          connection = made;
          if (signal.aborted) made.cut();
          const valve = new Valve(made.stream);
          reader.valve = valve;
          // undici asks no more of a socket than that it is a stream.
          callback(null, valve as unknown as Socket);
        },
        (error: unknown) => {
          callback(error instanceof Error ? error : new Error(String(error)), null);
        },
      );
    },
  });
  const stopListening = whenAborted(signal, () => {
    reader.valve?.drain();
    connection?.cut();
    reader.fail(signal.reason);
    end();
  });
  const end = (): void => {
    stopListening();
    connection?.cut();
    void client.destroy();
  };
  // `reset`: no second request will come over this connection.
  const options: Dispatcher.DispatchOptions = {
    method: 'GET',
    path: `${url.pathname}${url.search}`,
    headers,
    reset: true,
  };
  if (!signal.aborted) client.dispatch(options, reader);
  return { answer: reader.answer, end };
}

/** What undici calls while an answer comes. */
class Reader implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>;
  #answered: (answer: Answer) => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;
  /** Behind which the connection is, when there is one. */
  valve: Valve | undefined;
  #sink: Sink | undefined;
  /** Came with the head, before anybody reads the body. */
  #early: Buffer[] = [];
  /** Bytes of the body that are still to come, where the head says how many it has. */
  #missing: number | undefined;
  #bodyEnded: () => void = () => undefined;
  #end: { readonly error: unknown } | 'complete' | undefined;

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
    });
    // Whoever awaits it hears of it; nobody may await it any more.
    this.answer.catch(() => undefined);
  }

  onRequestStart(): void {
    // It is heard of when the answer comes.
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    const release = this.valve?.hold();
    this.#missing = announcedBytes(headers);
    this.#answered({
      status,
      headers,
      readBody: async (sink, enough) => {
        const stopListening = whenAborted(enough, () => {
          this.fail(enough.reason);
        });
        const ended = new Promise<void>((resolve) => {
          this.#bodyEnded = resolve;
        });
        this.#sink = sink;
        for (const chunk of this.#early.splice(0)) this.#pass(chunk, sink);
        if (this.#missing !== undefined && this.valve?.readableLength === 0) {
          // The bytes that follow are the body: nothing is left to be parsed (RFC 9112, 6.3).
          this.valve.divert((chunk) => {
            this.#pass(chunk, sink);
          });
        }
        release?.();
        if (this.#end === undefined) await ended;
        stopListening();
        if (this.#end !== 'complete') throw this.#end?.error;
      },
    });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#sink === undefined) this.#early.push(chunk);
    else this.#pass(chunk, this.#sink);
  }

  onResponseEnd(): void {
    this.#finish('complete');
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // What becomes of the connection once the whole body has come is none of its business; its last chunk may still be on its way to the sink.
    if (this.#missing !== 0) this.fail(error);
  }

  fail(error: unknown): void {
    this.#failed(error);
    this.#finish({ error });
  }

  #pass(chunk: Buffer, sink: Sink): void {
    // What comes after a failure is dropped.
    if (this.#end !== undefined && this.#end !== 'complete') return;
    try {
      const busy = sink(this.#missing === undefined ? chunk : chunk.subarray(0, this.#missing));
      if (this.#missing !== undefined) this.#missing = Math.max(0, this.#missing - chunk.length);
      if (busy === undefined) {
        this.#finishIfWhole();
        return;
      }
      const release = this.valve?.hold();
      busy.then(
        () => {
          this.#finishIfWhole();
          release?.();
        },
        (error: unknown) => {
          this.fail(error);
        },
      );
    } catch (error) {
      this.fail(error);
    }
  }

  #finishIfWhole(): void {
    if (this.#missing === 0) this.#finish('complete');
  }

  #finish(end: { readonly error: unknown } | 'complete'): void {
    this.#end ??= end;
    this.#bodyEnded();
  }
}

/** Undefined: the head does not say where the body ends. */
function announcedBytes(headers: Headers): number | undefined {
  const length = headers['content-length'];
  const isPlain =
    headers['transfer-encoding'] === undefined && typeof length === 'string' && /^[1-9]\d{0,14}$/.test(length);
  return isPlain ? Number(length) : undefined;
}
