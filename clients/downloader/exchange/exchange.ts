import { request, type IncomingMessage } from 'node:http';

import { whenAborted } from '../../../lib/clock/index.js';
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
   * @throws (a rejection) where the connection breaks before that, where `sink` throws, and the reason of `enough`
   * where that aborts
   */
  readBody(sink: Sink, enough: AbortSignal): Promise<void>;
}

export interface Exchange {
  readonly answer: Promise<Answer>;
  /** Ends it, whatever it is doing, and the connection. */
  end(): void;
}

/**
 * One GET over a connection of its own, which `connect` makes (`asksWholeUrl`: to a proxy). Aborting the signal cuts
 * the connection at once; the answer, or the reading of its body, then fails with the signal's reason. What has come of
 * a body of known length is handed over before that.
 */
export function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  connect: () => Promise<Connection>,
  { signal, asksWholeUrl = false }: { readonly signal: AbortSignal; readonly asksWholeUrl?: boolean },
): Exchange {
  const reader = new Reader();
  let connection: Connection | undefined;
  // Without an agent: no second request will come over this connection. Time limits are the caller's.
  const asked = request({
    method: 'GET',
    path: `${asksWholeUrl ? url.origin : ''}${url.pathname}${url.search}`,
    setHost: false,
    headers: { host: url.host, ...headers },
    maxHeaderSize: LONGEST_HEADERS,
    createConnection: (_options, connected) => {
      connect().then(
        (made) => {
          connection = made;
          if (signal.aborted) made.cut();
          reader.valve = new Valve(made.stream);
          connected(null, reader.valve);
        },
        (error: unknown) => {
          reader.fail(error);
          asked.destroy();
        },
      );
      return undefined;
    },
  });
  asked.on('response', (response) => {
    reader.take(response);
  });
  asked.on('error', (error) => {
    reader.break(error);
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
    asked.destroy();
  };
  if (!signal.aborted) asked.end();
  return { answer: reader.answer, end };
}

/** Takes an answer from node:http, and its body from wherever that costs least. */
class Reader {
  readonly answer: Promise<Answer>;
  #answered: (answer: Answer) => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;
  /** Behind which the connection is, when there is one. */
  valve: Valve | undefined;
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

  take(response: IncomingMessage): void {
    const release = this.valve?.hold();
    const { statusCode: status = 0, headers } = response;
    this.#missing = announcedBytes(headers);
    response.on('error', (error) => {
      this.break(error);
    });
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
        this.#readBody(response, sink);
        release?.();
        if (this.#end === undefined) await ended;
        stopListening();
        if (this.#end !== 'complete') throw this.#end?.error;
      },
    });
  }

  #readBody(response: IncomingMessage, sink: Sink): void {
    const pass = (chunk: Buffer): void => {
      this.#pass(chunk, sink);
    };
    if (this.#missing === undefined) {
      response.on('data', pass);
      response.once('end', () => {
        this.#finish('complete');
      });
      return;
    }
    // What came with the head. The bytes that follow are the body: nothing is left to be parsed (RFC 9112, 6.3), and
    // node:http would copy each of them.
    for (let chunk = readFrom(response); chunk !== null; chunk = readFrom(response)) pass(chunk);
    this.valve?.divert(pass);
  }

  /** The connection broke. */
  break(error: Error): void {
    // What becomes of the connection once the whole body has come is none of its business; its last chunk may still be
    // on its way to the sink.
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

function readFrom(response: IncomingMessage): Buffer | null {
  return response.read() as Buffer | null;
}

/** Undefined: the head does not say where the body ends. */
function announcedBytes(headers: Headers): number | undefined {
  const length = headers['content-length'];
  const isPlain =
    headers['transfer-encoding'] === undefined && typeof length === 'string' && /^[1-9]\d{0,14}$/.test(length);
  return isPlain ? Number(length) : undefined;
}
