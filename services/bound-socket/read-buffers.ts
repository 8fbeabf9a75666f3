/** Few enough that the kernel's work outweighs ours, small enough that a dozen of them are nothing. */
const BUFFER_BYTES = 256 * 1024;
/** Beyond this many, those that are given back are left to the garbage collector. */
const MOST_KEPT = 12;
/** A reading that fills less than this part of its buffer is copied, so that slow connections keep no large buffers. */
const WORTH_KEEPING = 1 / 8;

/**
 * Buffers that a connection's data is read into, used again and again: at a gigabyte a second, Node's own new buffer for each 64 KiB
 * costs more than what is done with the data. Who gets chunks of such a connection gives them back when it is done with them; a buffer
 * is used again when every byte that was read into it is back, and otherwise collected as garbage.
 */
export class ReadBuffers {
  readonly #free: Buffer[] = [];
  /** Bytes that are still out. */
  readonly #out = new WeakMap<ArrayBufferLike, number>();

  /** A buffer to read into. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }

  /** What was read: a part of the buffer, or a copy of it where the buffer is better used otherwise. */
  filled(buffer: Buffer, bytes: number): Buffer {
    if (bytes >= buffer.length * WORTH_KEEPING) {
      this.#out.set(buffer.buffer, bytes);
      return buffer.subarray(0, bytes);
    }
    const copy = Buffer.from(buffer.subarray(0, bytes));
    this.#keep(buffer);
    return copy;
  }

  /** Takes a chunk back that nobody reads any more. Chunks of other origin are none of its business. */
  give({ buffer, length }: Buffer): void {
    const out = this.#out.get(buffer);
    if (out === undefined) return;
    this.#out.set(buffer, out - length);
    if (out === length) this.#keep(Buffer.from(buffer));
  }

  #keep(buffer: Buffer): void {
    if (this.#free.length < MOST_KEPT) this.#free.push(buffer);
  }
}
