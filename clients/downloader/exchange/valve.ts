import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A connection whose input can be held back, and taken past who reads it as a stream. The end of the connection comes
 * after its data.
 */
export class Valve extends Duplex {
  readonly #socket: Socket;
  #holds = 0;
  #isWanted = false;
  #hasEnded = false;
  #divert: ((chunk: Buffer) => void) | undefined;

  constructor(socket: Socket) {
    // One chunk at a time: what has passed can no longer be held back.
    super({ readableHighWaterMark: 1, allowHalfOpen: false });
    this.#socket = socket;
    socket.on('readable', () => {
      this.#pass();
    });
    socket.once('end', () => {
      this.#hasEnded = true;
      this.#pass();
    });
    socket.on('error', (error) => this.destroy(error));
    socket.once('close', () => {
      if (!this.#hasEnded) this.destroy();
    });
  }

  /** Holds what comes back until what is returned is called; of several holds, the last one that ends counts. */
  hold(): () => void {
    this.#holds += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#holds -= 1;
      this.#pass();
    };
  }

  /**
   * From here on what comes goes to `receive` instead of to the reader of this stream, which only hears how the
   * connection ends. What the reader has not read yet would come out of order: there must be nothing (readableLength).
   */
  divert(receive: (chunk: Buffer) => void): void {
    this.#divert = receive;
    this.#pass();
  }

  /**
   * What has come out of the kernel already goes to who takes the diverted data, held or not: the connection is about
   * to be cut, and it would have to be fetched again.
   */
  drain(): void {
    if (this.#divert === undefined) return;
    for (let chunk = this.#read(); chunk !== null; chunk = this.#read()) this.#divert(chunk);
  }

  override _read(): void {
    this.#isWanted = true;
    this.#pass();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }

  #pass(): void {
    while ((this.#isWanted || this.#divert !== undefined) && this.#holds === 0 && !this.destroyed) {
      const chunk = this.#read();
      if (chunk === null) break;
      if (this.#divert === undefined) this.#isWanted = this.push(chunk);
      else this.#divert(chunk);
    }
    if (this.#hasEnded && this.#holds === 0 && this.#socket.readableLength === 0) this.push(null);
  }

  #read(): Buffer | null {
    return this.#socket.read() as Buffer | null;
  }
}
