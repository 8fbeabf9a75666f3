import type { FileHandle } from 'node:fs/promises';

import { errorCode } from '../../../lib/uplink-socket/index.js';
import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import type { DownloadError } from '../download-error.js';
import { ALIGNMENT_BYTES, blockMemory } from './block-memory.js';
import { localError } from './local-error.js';
import type { Sha256 } from './sha256.js';

/** Written and hashed at once: enough that waking a thread and the disk is worth it. */
export const BLOCK_BYTES = 2 * 1024 * 1024;
/** With so much waiting for the disk or the hash, the source has to wait, too. */
const MOST_WAITING_BYTES = 2 * BLOCK_BYTES;
/** What fills no block waits so long for more. */
const LONGEST_WAIT_MS = 100;

interface Parts {
  readonly clock: Clock;
  readonly handle: Pick<FileHandle, 'write'>;
  /** The same file, opened with O_DIRECT. Undefined: its file system has no such thing. */
  readonly directHandle: Pick<FileHandle, 'write'> | undefined;
  /** Of the file, for errors. */
  readonly name: string;
  /** Where the file ends, and the hash of what it has until there. */
  readonly bytes: number;
  readonly hash: Sha256;
  /** Some has been written. */
  readonly onWritten: () => void;
}

/** Bytes of the file, [from, to). In memory they lie where they lie in the file's block. */
interface Piece {
  readonly memory: Buffer;
  readonly from: number;
  readonly to: number;
}

/**
 * Appends to a file in blocks, past the page cache where the file system lets us (O_DIRECT): a large file would push
 * out of memory what the device's apps read, and copying it into pages costs more than receiving it. Writing and
 * hashing go on beside each other and beside the caller.
 */
export class BlockWriter {
  readonly #parts: Parts;
  #directHandle: Pick<FileHandle, 'write'> | undefined;
  /** Where the file ends when everything is written. */
  #endBytes: number;
  /** Up to here everything was handed over to the disk and the hash. */
  #handedOverBytes: number;
  #writtenBytes: number;
  #hashedBytes: number;
  /** The block in which the file ends; none where it ends with a block. */
  #memory: Buffer | undefined;
  readonly #free: Buffer[] = [];
  /** In order: what is not yet written and hashed, what is not yet written, and what is not yet hashed. */
  readonly #inUse: Piece[] = [];
  readonly #unwritten: Piece[] = [];
  readonly #unhashed: Piece[] = [];
  #writing: Promise<void> | undefined;
  #hashing: Promise<void> | undefined;
  /** Who waits for room: a connection hands over all that it has read. Woken where there will never be any, too. */
  readonly #onRoom: (() => void)[] = [];
  #cancelTimer: CancelTimer | undefined;
  #failure: DownloadError | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#directHandle = parts.directHandle;
    this.#endBytes = parts.bytes;
    this.#handedOverBytes = parts.bytes;
    this.#writtenBytes = parts.bytes;
    this.#hashedBytes = parts.bytes;
  }

  /** Where the file ends. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Where the file ends when everything is written. */
  get endBytes(): number {
    return this.#endBytes;
  }

  /**
   * Appends a copy of a chunk.
   * @returns what to wait for before the next one; undefined: nothing
   * @throws DownloadError local where the disk refused what came before
   */
  append(chunk: Buffer): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    for (let taken = 0; taken < chunk.length;) {
      this.#memory ??= this.#free.pop() ?? blockMemory(BLOCK_BYTES);
      const copied = chunk.copy(this.#memory, this.#endBytes % BLOCK_BYTES, taken);
      taken += copied;
      this.#endBytes += copied;
      if (this.#endBytes % BLOCK_BYTES === 0) this.#handOver();
    }
    if (this.#endBytes > this.#handedOverBytes) {
      this.#cancelTimer ??= this.#parts.clock.setTimer(LONGEST_WAIT_MS, () => {
        this.#handOver();
      });
    }
    return this.#isCrowded ? this.#untilRoom() : undefined;
  }

  /** Waits until everything is written and hashed, or something failed: nothing is in use any more. */
  async idle(): Promise<void> {
    this.#handOver();
    await Promise.all([this.#writing, this.#hashing]);
  }

  /** Waits until everything is written and hashed. @throws DownloadError local */
  async flush(): Promise<void> {
    await this.idle();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The file is empty. Everything must be written. */
  restart(): void {
    this.#parts.hash.restart();
    this.#endBytes = 0;
    this.#handedOverBytes = 0;
    this.#writtenBytes = 0;
    this.#hashedBytes = 0;
  }

  get #isCrowded(): boolean {
    return this.#handedOverBytes - Math.min(this.#writtenBytes, this.#hashedBytes) >= MOST_WAITING_BYTES;
  }

  async #untilRoom(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onRoom.push(resolve);
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What has come is written and hashed, whether or not its block is full. */
  #handOver(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const [from, to, memory] = [this.#handedOverBytes, this.#endBytes, this.#memory];
    // After a failure there is a gap, behind which nothing must be written.
    if (memory === undefined || from === to || this.#failure !== undefined) return;
    const piece = { memory, from, to };
    this.#handedOverBytes = to;
    if (to % BLOCK_BYTES === 0) this.#memory = undefined;
    for (const queue of [this.#inUse, this.#unwritten, this.#unhashed]) queue.push(piece);
    this.#writing ??= this.#write();
    this.#hashing ??= this.#hash();
  }

  async #write(): Promise<void> {
    try {
      for (let piece = this.#unwritten.shift(); piece !== undefined; piece = this.#unwritten.shift()) {
        // A nearly full disk takes a part, and refuses the rest.
        while (this.#writtenBytes < piece.to) {
          const rest = bytesOf({ ...piece, from: this.#writtenBytes });
          this.#writtenBytes += await this.#writeOnce(rest, this.#writtenBytes);
        }
        this.#release();
        this.#parts.onWritten();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeOnce(bytes: Buffer, at: number): Promise<number> {
    const isAligned = at % ALIGNMENT_BYTES === 0 && bytes.length % ALIGNMENT_BYTES === 0;
    const direct = isAligned ? this.#directHandle : undefined;
    try {
      return (await (direct ?? this.#parts.handle).write(bytes, 0, bytes.length, at)).bytesWritten;
    } catch (error) {
      if (direct === undefined || errorCode(error) !== 'EINVAL') throw error;
      // This disk asks for more than we heed (open(2): O_DIRECT).
      this.#directHandle = undefined;
      return 0;
    }
  }

  async #hash(): Promise<void> {
    try {
      for (let piece = this.#unhashed.shift(); piece !== undefined; piece = this.#unhashed.shift()) {
        await this.#parts.hash.update(bytesOf(piece));
        this.#hashedBytes = piece.to;
        this.#release();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#hashing = undefined;
    }
  }

  /** Blocks that are written and hashed are used again. */
  #release(): void {
    const doneBytes = Math.min(this.#writtenBytes, this.#hashedBytes);
    for (let [piece] = this.#inUse; piece !== undefined && piece.to <= doneBytes; [piece] = this.#inUse) {
      this.#inUse.shift();
      if (piece.to % BLOCK_BYTES === 0) this.#free.push(piece.memory);
    }
    if (!this.#isCrowded) this.#endWaiting();
  }

  #endWaiting(): void {
    for (const wake of this.#onRoom.splice(0)) wake();
  }

  #fail(error: unknown): void {
    this.#failure ??= localError(`cannot write ${this.#parts.name}`, error);
    this.#endWaiting();
  }
}

function bytesOf({ memory, from, to }: Piece): Buffer {
  const begin = from % BLOCK_BYTES;
  return memory.subarray(begin, begin + to - from);
}
