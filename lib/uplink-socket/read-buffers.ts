/** Few enough that the kernel's work outweighs ours, small enough that a few of them are nothing. */
const BUFFER_BYTES = 512 * 1024;
/** Beyond this many, those that are given back are left to the garbage collector. */
const MOST_KEPT = 4;

/**
 * Buffers that a connection's data is read into, used again and again: at a gigabyte a second, Node's own new buffer
 * for each 64 KiB costs more than what is done with the data. Who gets chunks of such a connection gives them back as
 * soon as it is done with them; a buffer is used again when every byte that was read into it is back, and otherwise
 * collected as garbage.
 */
export class ReadBuffers {
  readonly #free: Buffer[] = [];
  /** Bytes that are still out. */
  readonly #out = new WeakMap<ArrayBufferLike, number>();

  /** A buffer to read into. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }

  /** What was read into a buffer. */
  filled(buffer: Buffer, bytes: number): Buffer {
    this.#out.set(buffer.buffer, bytes);
    return buffer.subarray(0, bytes);
  }

  /** Takes a chunk back that nobody reads any more. Chunks of other origin are none of its business. */
  give({ buffer, length }: Buffer): void {
    const out = this.#out.get(buffer);
    if (out === undefined || length === 0) return;
    this.#out.set(buffer, out - length);
    if (out === length && this.#free.length < MOST_KEPT) this.#free.push(Buffer.from(buffer));
  }
}
