import { readFile, rename, writeFile } from 'node:fs/promises';

import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { emptyMemory, type DecisionMemory } from '../../../lib/decision/decide/index.js';
import { formatMemory, parseMemory } from './memory-format.js';

/** A link that flaps makes one file, not hundreds. What a crash within this time takes is one selection's history. */
const SAVE_AFTER_MS = 50;

/**
 * Keeps what decisions remember over a restart of NIM, so that a restart neither ends a failback hold nor moves
 * anything. It counts within one boot only: its times are those of CLOCK_MONOTONIC. It lives in the run directory,
 * which a reboot empties; there is nothing to sync.
 */
export class MemoryFile {
  readonly #path: string;
  readonly #bootId: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #latest: DecisionMemory | undefined;
  #saved = '';
  #cancel: CancelTimer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly path: string;
    readonly bootId: string;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#path = options.path;
    this.#bootId = options.bootId;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** What was saved in this boot; nothing where there is nothing, or nothing that can be trusted. Never fails. */
  async load(): Promise<DecisionMemory> {
    const text = await this.#read();
    if (text === undefined) return emptyMemory;
    const parsed = parseMemory(text, this.#clock.monotonicMs());
    if (parsed.kind === 'damaged') {
      this.#logger.warn(
        { event: 'decision-memory-damaged', path: this.#path, reason: parsed.reason },
        'decision memory damaged, starting without it',
      );
      return emptyMemory;
    }
    return parsed.bootId === this.#bootId ? parsed.memory : emptyMemory;
  }

  /** Saves soon, in the background. */
  save(memory: DecisionMemory): void {
    this.#latest = memory;
    this.#cancel ??= this.#clock.setTimer(SAVE_AFTER_MS, () => {
      this.#flush();
    });
  }

  /** Saves what is not saved yet. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    this.#cancel = undefined;
    if (this.#latest === undefined) return;
    const text = formatMemory(this.#latest, this.#bootId);
    if (text === this.#saved) return;
    this.#saved = text;
    this.#writing = this.#writing.then(() => this.#write(text));
  }

  async #write(text: string): Promise<void> {
    try {
      await writeFile(`${this.#path}.new`, text, { mode: 0o640 });
      await rename(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#saved = '';
      this.#logger.warn(
        { event: 'decision-memory-not-saved', err: error, path: this.#path },
        'cannot save decision memory',
      );
    }
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      const nothingThere = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
      if (!nothingThere)
        this.#logger.warn(
          { event: 'decision-memory-unreadable', err: error, path: this.#path },
          'cannot read decision memory',
        );
      return undefined;
    }
  }
}
