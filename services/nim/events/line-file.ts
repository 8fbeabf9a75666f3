import { mkdir, open, readFile, rename, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';

/** What a power cut may take: lines are synced this long after the first of them was written. */
const SYNC_AFTER_MS = 2_000;

/** Lines that wait while the disk does not take them; beyond that the oldest are given up. */
const MOST_WAITING_LINES = 10_000;

/**
 * Lines in a file and the one before it (`.1`). Appending never waits: it is done behind the caller's back, and a disk
 * that fails costs lines and a warning, nothing else.
 */
export class LineFile {
  readonly #path: string;
  readonly #linesPerFile: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #file: FileHandle | undefined;
  #lines = 0;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #cancelSync: CancelTimer | undefined;
  #failing = false;
  #closed = false;

  constructor(options: {
    readonly path: string;
    readonly linesPerFile: number;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#path = options.path;
    this.#linesPerFile = options.linesPerFile;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** All lines, oldest first. A last line that a power cut tore is dropped, from the file too. Never fails. */
  async load(): Promise<readonly string[]> {
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      const before = await readWhole(`${this.#path}.1`);
      const now = await readWhole(this.#path);
      const end = now.lastIndexOf('\n') + 1;
      if (end < now.length) await truncate(this.#path, Buffer.byteLength(now.slice(0, end)));
      const lines = linesOf(now.slice(0, end));
      this.#lines = lines.length;
      return [...linesOf(before), ...lines];
    } catch (error) {
      this.#logger.warn(
        { event: 'event-log-unreadable', err: error, path: this.#path },
        'cannot read event log, starting empty',
      );
      return [];
    }
  }

  /** After close() nothing is taken any more. */
  append(line: string): void {
    if (this.#closed) return;
    this.#waiting.push(line);
    if (this.#waiting.length > MOST_WAITING_LINES) this.#waiting.shift();
    this.#writing ??= this.#write();
  }

  /** Writes and syncs what waits. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    this.#cancelSync?.();
    await this.#sync();
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  async #write(): Promise<void> {
    // What led to the event goes on first.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, Math.max(1, this.#linesPerFile - this.#lines));
      try {
        await this.#writeBatch(batch);
        this.#failing = false;
      } catch (error) {
        if (!this.#failing)
          this.#logger.warn(
            { event: 'event-log-write-failed', err: error, path: this.#path },
            'cannot write event log, events are lost',
          );
        this.#failing = true;
      }
    }
    this.#writing = undefined;
  }

  async #writeBatch(batch: readonly string[]): Promise<void> {
    this.#file ??= await open(this.#path, 'a', 0o640);
    await this.#file.appendFile(batch.map((line) => `${line}\n`).join(''));
    this.#lines += batch.length;
    if (this.#lines >= this.#linesPerFile) await this.#rotate(this.#file);
    else this.#cancelSync ??= this.#clock.setTimer(SYNC_AFTER_MS, () => void this.#sync());
  }

  async #rotate(file: FileHandle): Promise<void> {
    this.#file = undefined;
    await file.datasync();
    await file.close();
    await rename(this.#path, `${this.#path}.1`);
    this.#lines = 0;
  }

  async #sync(): Promise<void> {
    this.#cancelSync = undefined;
    await this.#file?.datasync().catch((error: unknown) => {
      this.#logger.warn({ event: 'event-log-sync-failed', err: error, path: this.#path }, 'cannot sync event log');
    });
  }
}

async function readWhole(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
