import { createHash, type Hash } from 'node:crypto';
import { constants, open, readFile, rename, rm, stat, statfs, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errorCode, type ReadBuffers } from '../../../services/bound-socket/index.js';
import { readBootId, type Clock } from '../../../services/clock/index.js';
import { DownloadError, messageOf } from '../download-error.js';
import type { Validator } from '../exchange/validator.js';
import { lockFile, type Unlock } from './file-lock.js';
import { stateFromText, stateToText, type PartState } from './part-state.js';

/** So much may wait for the disk before the source has to. */
const MOST_QUEUED_BYTES = 2 * 1024 * 1024;
/** How often what has come is made safe against a crash of the machine. */
const CHECKPOINT_MS = 5_000;
const REHASH_BYTES = 1024 * 1024;

/** What the file must turn out to be. */
export interface Wanted {
  readonly url: string;
  readonly sha256: string | undefined;
}

/**
 * The part of a file that has come so far: FILE.part, and what is known of it in FILE.part.json. Hashes as it goes, in the order of the
 * file. Only ever appends, or starts anew.
 */
export class PartFile {
  /** As asked for; there when the download is done, and not before. */
  readonly file: string;
  /** What an earlier process left, in bytes. */
  readonly foundBytes: number;
  readonly #wanted: Wanted;
  readonly #clock: Clock;
  readonly #readBuffers: ReadBuffers;
  readonly #handle: FileHandle;
  readonly #unlock: Unlock;
  readonly #bootId: string;
  #hash: Hash;
  #written: number;
  #sizeBytes: number | undefined;
  #validator: Validator | undefined;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #draining: Promise<void> | undefined;
  #onRoom: () => void = () => undefined;
  #checkpoint: Promise<void> | undefined;
  #checkpointDueMs: number;
  #failure: DownloadError | undefined;

  private constructor(
    file: string,
    wanted: Wanted,
    parts: { clock: Clock; readBuffers: ReadBuffers; handle: FileHandle; unlock: Unlock; bootId: string },
    found: { readonly bytes: number; readonly hash: Hash; readonly state: PartState | undefined },
  ) {
    this.file = file;
    this.#wanted = wanted;
    this.#clock = parts.clock;
    this.#readBuffers = parts.readBuffers;
    this.#handle = parts.handle;
    this.#unlock = parts.unlock;
    this.#bootId = parts.bootId;
    this.foundBytes = found.bytes;
    this.#written = found.bytes;
    this.#hash = found.hash;
    this.#sizeBytes = found.state?.sizeBytes;
    this.#validator = found.state?.validator;
    this.#checkpointDueMs = parts.clock.monotonicMs() + CHECKPOINT_MS;
  }

  /**
   * Opens the part, and reads what an earlier process left of the same file, to hash it. What belongs to another file is overwritten.
   * @throws DownloadError local
   */
  static async open(
    file: string,
    wanted: Wanted,
    {
      clock,
      readBuffers,
      signal,
    }: { readonly clock: Clock; readonly readBuffers: ReadBuffers; readonly signal: AbortSignal },
  ): Promise<PartFile> {
    return asLocal(`cannot write ${file}.part`, async () => {
      const existing = await stat(file).catch(() => undefined);
      if (existing !== undefined && !existing.isFile()) {
        throw new DownloadError('local', `${file} is there already, and is no file; choose another name`);
      }
      const unlock = await lockFile(file);
      try {
        const bootId = await readBootId();
        const part = await open(`${file}.part`, constants.O_RDWR | constants.O_CREAT);
        try {
          const state = await usableState(file, wanted);
          const { size } = await part.stat();
          const bytes = state === undefined ? 0 : state.bootId === bootId ? size : Math.min(size, state.offset);
          const isTooMuch = state?.sizeBytes !== undefined && bytes > state.sizeBytes;
          const kept = isTooMuch ? 0 : bytes;
          await part.truncate(kept);
          const hash = await hashOf(part, kept, signal);
          const found = { bytes: kept, hash, state: kept === 0 ? undefined : state };
          return new PartFile(file, wanted, { clock, readBuffers, handle: part, unlock, bootId }, found);
        } catch (error) {
          await part.close();
          throw error;
        }
      } catch (error) {
        unlock();
        throw error;
      }
    });
  }

  /** Where the next byte goes. What waits for the disk is counted. */
  get offset(): number {
    return this.#written + this.#queuedBytes;
  }

  get isComplete(): boolean {
    return this.offset === this.#sizeBytes;
  }

  get sizeBytes(): number | undefined {
    return this.#sizeBytes;
  }

  get validator(): Validator | undefined {
    return this.#validator;
  }

  /** Notes what the source says of the file. Kept with the part. */
  learn(sizeBytes: number | undefined, validator: Validator | undefined): void {
    this.#sizeBytes = sizeBytes;
    this.#validator = validator;
  }

  /** @throws DownloadError local where the disk has too little room for the rest of the file */
  async checkRoom(): Promise<void> {
    if (this.#sizeBytes === undefined) return;
    const { bavail, bsize } = await statfs(dirname(this.file));
    const [missing, free] = [this.#sizeBytes - this.offset, bavail * bsize];
    if (missing <= free) return;
    throw new DownloadError(
      'local',
      `${dirname(this.file)} has ${megabytes(free)} of room, and ${megabytes(missing)} are still to come: make room and ask again, ` +
        'the download goes on where it is',
    );
  }

  /**
   * Appends a chunk, and gives it back to its buffers when it is written.
   * @returns what to wait for before the next one; undefined: nothing
   * @throws DownloadError local where the disk refuses
   */
  append(chunk: Buffer): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#draining ??= this.#drain();
    return this.#queuedBytes < MOST_QUEUED_BYTES ? undefined : this.#untilRoom();
  }

  /** Waits until everything is written. @throws DownloadError local */
  async flush(): Promise<void> {
    await this.#draining;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Throws away what has come. @throws DownloadError local */
  async restart(): Promise<void> {
    await this.flush();
    await this.#checkpoint;
    await asLocal(`cannot write ${this.file}.part`, () => this.#handle.truncate(0));
    this.#written = 0;
    this.#hash = createHash('sha256');
    this.learn(undefined, undefined);
    await this.save();
  }

  /** Makes what has come safe against a crash of the machine. @throws DownloadError local */
  async save(): Promise<void> {
    await asLocal(`cannot write ${this.file}.part`, async () => {
      const offset = this.#written;
      await this.#handle.datasync();
      const { url, sha256 } = this.#wanted;
      const state = {
        url,
        sha256,
        validator: this.#validator,
        sizeBytes: this.#sizeBytes,
        offset,
        bootId: this.#bootId,
      };
      const fresh = `${this.file}.part.json.new`;
      await writeFile(fresh, stateToText(state), { mode: 0o600, flush: true });
      await rename(fresh, `${this.file}.part.json`);
    });
  }

  /** The sha256 of what has come, in hexadecimal. Everything must be written. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** The part becomes the file, at once and for good: synced, renamed, the directory synced. @throws DownloadError local */
  async finish(): Promise<void> {
    await asLocal(`cannot write ${this.file}`, async () => {
      await this.flush();
      await this.#checkpoint;
      await this.#handle.sync();
      await rename(`${this.file}.part`, this.file);
      const directory = await open(dirname(this.file), 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
      await rm(`${this.file}.part.json`, { force: true });
    });
  }

  /** Keeps what has come for a later download, as far as the disk lets us. */
  async keep(): Promise<void> {
    await this.#draining;
    await this.#checkpoint;
    await this.save().catch(() => undefined);
  }

  async discard(): Promise<void> {
    await this.#draining;
    await this.#checkpoint;
    await rm(`${this.file}.part`, { force: true });
    await rm(`${this.file}.part.json`, { force: true });
  }

  async close(): Promise<void> {
    await this.#draining;
    await this.#checkpoint;
    await this.#handle.close();
    this.#unlock();
  }

  async #untilRoom(): Promise<void> {
    while (this.#queuedBytes >= MOST_QUEUED_BYTES / 2 && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0 && this.#failure === undefined) await this.#writeQueued();
    } catch (error) {
      this.#failure = localError(`cannot write ${this.file}.part`, error);
    } finally {
      this.#draining = undefined;
      this.#onRoom();
    }
  }

  async #writeQueued(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    let rest: readonly Buffer[] = batch;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest, this.#written);
      rest = this.#account(rest, bytesWritten);
    }
    for (const chunk of batch) this.#readBuffers.give(chunk);
    this.#onRoom();
    this.#checkpointIfDue();
  }

  /** Hashes what is written, and says what of it is not: a nearly full disk takes a part. */
  #account(chunks: readonly Buffer[], bytes: number): readonly Buffer[] {
    this.#written += bytes;
    this.#queuedBytes -= bytes;
    let left = bytes;
    const rest: Buffer[] = [];
    for (const chunk of chunks) {
      const taken = Math.min(left, chunk.length);
      left -= taken;
      if (taken > 0) this.#hash.update(taken === chunk.length ? chunk : chunk.subarray(0, taken));
      if (taken < chunk.length) rest.push(chunk.subarray(taken));
    }
    return rest;
  }

  #checkpointIfDue(): void {
    if (this.#checkpoint !== undefined || this.#clock.monotonicMs() < this.#checkpointDueMs) return;
    // Beside the writing. Where it fails, the writing will tell.
    this.#checkpoint = this.save()
      .catch(() => undefined)
      .then(() => {
        this.#checkpoint = undefined;
        this.#checkpointDueMs = this.#clock.monotonicMs() + CHECKPOINT_MS;
      });
  }
}

/** What an earlier process noted, where it is of use for this file. */
async function usableState(file: string, wanted: Wanted): Promise<PartState | undefined> {
  const text = await readFile(`${file}.part.json`, 'utf8').catch(() => '');
  const state = stateFromText(text);
  if (state === undefined) return undefined;
  const isSameContent = state.sha256 !== undefined && state.sha256 === wanted.sha256;
  const isOtherContent = state.sha256 !== undefined && wanted.sha256 !== undefined && state.sha256 !== wanted.sha256;
  if (isOtherContent) return undefined;
  return isSameContent || state.url === wanted.url ? state : undefined;
}

async function hashOf(handle: FileHandle, bytes: number, signal: AbortSignal): Promise<Hash> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(Math.min(REHASH_BYTES, Math.max(1, bytes)));
  for (let at = 0; at < bytes;) {
    if (signal.aborted) throw new DownloadError('interrupted', 'interrupted; what has come is kept');
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    if (bytesRead === 0) throw new Error('it became shorter while it was read');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash;
}

async function asLocal<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw localError(what, error);
  }
}

function localError(what: string, error: unknown): DownloadError {
  if (error instanceof DownloadError) return error;
  const advice = localAdvice[errorCode(error) ?? ''] ?? messageOf(error);
  return new DownloadError('local', `${what}: ${advice}`, { cause: error });
}

const keptAdvice = 'and ask again: what has come is kept, and the download goes on where it is';
const localAdvice: Readonly<Record<string, string>> = {
  ENOSPC: `the disk is full. Make room ${keptAdvice}`,
  EDQUOT: `the disk quota is used up. Make room ${keptAdvice}`,
  EFBIG: 'the file is too large for this file system or for the limit of this process',
  EROFS: 'the file system is read-only',
  EIO: 'the disk fails to read or write',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'there is no such directory',
  EACCES: 'no permission to write there',
};

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
