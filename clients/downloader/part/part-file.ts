import { constants, open, readFile, rename, rm, stat, statfs, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { readBootId, type Clock } from '../../../lib/clock/index.js';
import { DownloadError } from '../download-error.js';
import type { Validator } from '../exchange/validator.js';
import { blockMemory } from './block-memory.js';
import { BlockWriter } from './block-writer.js';
import { lockFile, type Unlock } from './file-lock.js';
import { asLocal } from './local-error.js';
import { stateFromText, stateToText, type PartState } from './part-state.js';
import { Sha256 } from './sha256.js';

/** How often what has come is made safe against a crash of the machine. */
const CHECKPOINT_MS = 5_000;
const REHASH_BYTES = 1024 * 1024;

/** What the file must turn out to be. */
export interface Wanted {
  readonly url: string;
  readonly sha256: string | undefined;
}

/**
 * The part of a file that has come so far: FILE.part, and what is known of it in FILE.part.json. Hashes as it goes, in
 * the order of the file. Only ever appends, or starts anew.
 */
export class PartFile {
  /** As asked for; there when the download is done, and not before. */
  readonly file: string;
  /** What an earlier process left, in bytes. */
  readonly foundBytes: number;
  readonly #wanted: Wanted;
  readonly #clock: Clock;
  readonly #handle: FileHandle;
  readonly #directHandle: FileHandle | undefined;
  readonly #unlock: Unlock;
  readonly #bootId: string;
  readonly #hash: Sha256;
  readonly #writer: BlockWriter;
  #sizeBytes: number | undefined;
  #validator: Validator | undefined;
  #checkpoint: Promise<void> | undefined;
  #checkpointDueMs: number;

  private constructor(file: string, wanted: Wanted, parts: Opened & { readonly clock: Clock }, found: Found) {
    const { clock, handle, directHandle } = parts;
    this.file = file;
    this.#wanted = wanted;
    this.#clock = clock;
    this.#handle = handle;
    this.#directHandle = directHandle;
    this.#unlock = parts.unlock;
    this.#bootId = parts.bootId;
    this.foundBytes = found.bytes;
    this.#hash = found.hash;
    this.#writer = new BlockWriter({
      ...{ clock, handle, directHandle, name: `${file}.part`, bytes: found.bytes, hash: found.hash },
      onWritten: () => {
        this.#checkpointIfDue();
      },
    });
    this.#sizeBytes = found.state?.sizeBytes;
    this.#validator = found.state?.validator;
    this.#checkpointDueMs = clock.monotonicMs() + CHECKPOINT_MS;
  }

  /**
   * Opens the part, and reads what an earlier process left of the same file, to hash it. What belongs to another file
   * is overwritten.
   * @throws DownloadError local
   */
  static async open(
    file: string,
    wanted: Wanted,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
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
          const found = await whatIsThere(part, { file, wanted, bootId, signal });
          const directHandle = await openDirectly(part);
          return new PartFile(file, wanted, { clock, handle: part, directHandle, unlock, bootId }, found);
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
    return this.#writer.endBytes;
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

  /** As BlockWriter.append. @throws DownloadError local */
  append(chunk: Buffer): Promise<void> | undefined {
    return this.#writer.append(chunk);
  }

  /** Waits until everything is written. @throws DownloadError local */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  /** Throws away what has come. @throws DownloadError local */
  async restart(): Promise<void> {
    await this.flush();
    await this.#checkpoint;
    await asLocal(`cannot write ${this.file}.part`, () => this.#handle.truncate(0));
    this.#writer.restart();
    this.learn(undefined, undefined);
    await this.save();
  }

  /** Makes what has come safe against a crash of the machine. @throws DownloadError local */
  async save(): Promise<void> {
    await asLocal(`cannot write ${this.file}.part`, async () => {
      const offset = this.#writer.writtenBytes;
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
  digest(): Promise<string> {
    return this.#hash.digest();
  }

  /**
   * The part becomes the file, at once and for good: synced, renamed, the directory synced. @throws DownloadError local
   */
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
    await this.#writer.idle();
    await this.#checkpoint;
    await this.save().catch(() => undefined);
  }

  async discard(): Promise<void> {
    await this.#writer.idle();
    await this.#checkpoint;
    await rm(`${this.file}.part`, { force: true });
    await rm(`${this.file}.part.json`, { force: true });
  }

  async close(): Promise<void> {
    await this.#writer.idle();
    await this.#checkpoint;
    this.#hash.free();
    await this.#directHandle?.close();
    await this.#handle.close();
    this.#unlock();
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

interface Opened {
  readonly handle: FileHandle;
  readonly directHandle: FileHandle | undefined;
  readonly unlock: Unlock;
  readonly bootId: string;
}

/** The same file for writing past the page cache. Undefined: its file system knows no O_DIRECT. */
async function openDirectly(handle: FileHandle): Promise<FileHandle | undefined> {
  return open(`/proc/self/fd/${handle.fd}`, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined);
}

interface Found {
  readonly bytes: number;
  /** Of these bytes. */
  readonly hash: Sha256;
  /** Undefined where there is nothing to go on with. */
  readonly state: PartState | undefined;
}

/** What an earlier process left that is of use, hashed. The rest is cut off. */
async function whatIsThere(
  handle: FileHandle,
  { file, wanted, bootId, signal }: { file: string; wanted: Wanted; bootId: string; signal: AbortSignal },
): Promise<Found> {
  const state = await usableState(file, wanted);
  const { size } = await handle.stat();
  const bytes = state === undefined ? 0 : state.bootId === bootId ? size : Math.min(size, state.offset);
  const isTooMuch = state?.sizeBytes !== undefined && bytes > state.sizeBytes;
  const kept = isTooMuch ? 0 : bytes;
  await handle.truncate(kept);
  const hash = new Sha256();
  try {
    await hashBeginning(handle, kept, hash, signal);
    return { bytes: kept, hash, state: kept === 0 ? undefined : state };
  } catch (error) {
    hash.free();
    throw error;
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

async function hashBeginning(handle: FileHandle, bytes: number, hash: Sha256, signal: AbortSignal): Promise<void> {
  const buffer = blockMemory(REHASH_BYTES);
  for (let at = 0; at < bytes;) {
    if (signal.aborted) throw new DownloadError('interrupted', 'interrupted; what has come is kept');
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    if (bytesRead === 0) throw new Error('it became shorter while it was read');
    await hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
