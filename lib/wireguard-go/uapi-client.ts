import { connect, type Socket } from 'node:net';

import type { Clock } from '../clock/index.js';
import type { WireGuardChange, WireGuardDevice } from '../netlink/index.js';
import { formatUapiChange, parseUapiDevice } from './uapi.js';

/** It answers within a millisecond; a process that is stopped never does. */
const ANSWER_MS = 2_000;
/** 32 peers with 64 prefixes each take some 70 kB. */
const MOST_ANSWER_BYTES = 1024 * 1024;

/** wireguard-go did not do what it was asked, or is not there. */
export class UapiError extends Error {
  override readonly name = 'UapiError';
}

interface Waiting {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A connection to a wireguard-go, kept open: its end says at once that the process has ended. One request after the
 * other.
 */
export class UapiClient {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #received = '';
  #isOver = false;

  private constructor(socket: Socket, clock: Clock, onEnd: () => void) {
    this.#socket = socket;
    this.#clock = clock;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#take(text);
    });
    // What went wrong is told by the end that follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isOver = true;
      for (const { reject } of this.#waiting.splice(0)) reject(new UapiError('wireguard-go has ended'));
      onEnd();
    });
  }

  /** `onEnd`: the process has ended, or `close` was called. Undefined: nobody listens there. */
  static open(path: string, clock: Clock, onEnd: () => void): Promise<UapiClient | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ path });
      const fail = (): void => {
        socket.destroy();
        resolve(undefined);
      };
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.off('error', fail);
        resolve(new UapiClient(socket, clock, onEnd));
      });
    });
  }

  /** @throws UapiError */
  async read(): Promise<WireGuardDevice> {
    return parseUapiDevice(await this.#ask('get=1\n\n'));
  }

  /** Answers once it is in force. @throws UapiError */
  async change(change: WireGuardChange): Promise<void> {
    await this.#ask(formatUapiChange(change));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(request: string): Promise<string> {
    if (this.#isOver) throw new UapiError('wireguard-go has ended');
    const answer = await new Promise<string>((resolve, reject) => {
      const cancel = this.#clock.setTimer(ANSWER_MS, () => {
        // The next answer would be taken for that of another request.
        this.#socket.destroy();
        reject(new UapiError(`wireguard-go has not answered within ${ANSWER_MS} ms`));
      });
      this.#waiting.push({
        resolve: (text) => {
          cancel();
          resolve(text);
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      });
      this.#socket.write(request);
    });
    const errno = /^errno=(-?\d+)$/m.exec(answer)?.[1];
    // The request is not told: it may hold the key.
    if (errno !== '0') throw new UapiError(`wireguard-go refused (errno ${errno ?? 'missing'})`);
    return answer;
  }

  #take(text: string): void {
    this.#received += text;
    for (let end = this.#received.indexOf('\n\n'); end >= 0; end = this.#received.indexOf('\n\n')) {
      const answer = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
      this.#waiting.shift()?.resolve(answer);
    }
    if (this.#received.length > MOST_ANSWER_BYTES) this.#socket.destroy();
  }
}
