import { status, type ClientReadableStream } from '@grpc/grpc-js';

import { backoffMs, isAborted, pause, systemClock, whenAborted, type Clock } from '../clock/index.js';
import type { Logger } from '../observability/index.js';
import { readRpcError } from './errors.js';

/** An attempt at a socket that nobody listens on is nearly free, so a peer that returns is found within a second. */
const reopening = { firstMs: 50, mostMs: 1_000 };

export interface FollowOptions<Res> {
  /** Opens the stream; called anew after each break, so it can name what the reader has already. */
  readonly open: () => ClientReadableStream<Res>;
  /**
   * Where it throws or rejects, the stream is opened anew and the error logged. Where it answers a promise, the next
   * message, and the next stream, come when that is settled.
   */
  readonly onMessage: (message: Res) => void | Promise<void>;
  /** Only changes are told. `connected`: the server has accepted the stream; the first message may still be to come. */
  readonly onState?: (state: 'connected' | 'disconnected', why?: string) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * Keeps a server stream open until the signal aborts: reopens it after 50 ms, then twice that and so on up to 1 s, and
 * from 50 ms again once the server has accepted one. Never rejects.
 */
export async function follow<Res>(options: FollowOptions<Res>): Promise<void> {
  const { signal, logger, clock = systemClock } = options;
  let state: 'connected' | 'disconnected' | undefined;
  const enter = (next: 'connected' | 'disconnected', why?: string): void => {
    if (state === next) return;
    state = next;
    if (why === undefined) options.onState?.(next);
    else options.onState?.(next, why);
  };
  let attempt = 0;
  while (!isAborted(signal)) {
    const why = await readToEnd(options, () => {
      attempt = 0;
      enter('connected');
    });
    if (isAborted(signal)) return;
    if (state !== 'disconnected')
      logger.info({ event: 'stream-disconnected', why }, 'stream disconnected, reconnecting');
    enter('disconnected', why);
    await pause(backoffMs({ ...reopening, attempt }), clock, signal);
    attempt += 1;
  }
}

/** Reads one stream until it ends, and says why it did. */
function readToEnd<Res>(options: FollowOptions<Res>, onConnected: () => void): Promise<string> {
  const { signal, logger } = options;
  return new Promise((resolve) => {
    const stream = options.open();
    const cancel = (): void => {
      stream.cancel();
    };
    let taken: Promise<void> = Promise.resolve();
    const end = (why: string): void => {
      stopListening();
      void taken.then(() => {
        resolve(why);
      });
    };
    const fail = (error: unknown): void => {
      logger.error({ event: 'stream-message-failed', err: error }, 'processing a stream message failed, reconnecting');
      end('a message could not be processed');
      cancel();
    };
    stream.once('metadata', onConnected);
    stream.on('data', (message: Res) => {
      try {
        const taking = options.onMessage(message);
        if (taking === undefined) return;
        stream.pause();
        taken = taking.then(() => {
          stream.resume();
        }, fail);
      } catch (error) {
        fail(error);
      }
    });
    stream.on('error', (error) => {
      const { code, message } = readRpcError(error);
      end(`${status[code]}: ${message}`);
    });
    stream.on('end', () => {
      end('the server ended it');
    });
    const stopListening = whenAborted(signal, cancel);
  });
}
