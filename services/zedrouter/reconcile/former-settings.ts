import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { readSysctl, writeSysctl } from 'iproute-exec';

import { writeWhole } from '../apply/write-whole.js';

/** A kernel setting before it was ours, and as we set it. */
interface FormerSetting {
  readonly before: string;
  readonly ours: string;
}

/** In the run directory: it lives exactly as long as the kernel's settings do, until the next boot. */
export function formerSettingsPath(runDir: string): string {
  return `${runDir}/zedrouter-sysctls.json`;
}

/** What kernel settings were before they were ours, so that `--cleanup` can give them back. */
export class FormerSettings {
  readonly #path: string;
  readonly #place: { readonly namespace?: string };
  #known: Map<string, FormerSetting> | undefined;

  constructor(path: string, namespace: string | undefined) {
    this.#path = path;
    this.#place = namespace === undefined ? {} : { namespace };
  }

  /** To be called before the settings are made, by path below /proc/sys. Those that are known keep what they were. */
  async note(settings: Iterable<readonly [path: string, ours: string]>): Promise<void> {
    const known = (this.#known ??= this.#read());
    let isNew = false;
    for (const [path, ours] of settings) {
      if (known.has(path)) continue;
      const before = await readSysctl(path.split('/'), this.#place).catch(() => undefined);
      // Not there yet: it comes with a bridge of ours, and goes with it.
      if (before === undefined) continue;
      known.set(path, { before, ours });
      isNew = true;
    }
    if (isNew) this.#write(known);
  }

  /** Gives back those that still are as we set them. Answers why any could not be. */
  async restore(): Promise<readonly string[]> {
    const errors: string[] = [];
    for (const [path, { before, ours }] of (this.#known ??= this.#read())) {
      const keys = path.split('/');
      const now = await readSysctl(keys, this.#place).catch(() => undefined);
      if (now !== ours || before === ours) continue;
      await writeSysctl(keys, before, this.#place).catch((error: unknown) => {
        errors.push(error instanceof Error ? error.message : String(error));
      });
    }
    return errors;
  }

  #read(): Map<string, FormerSetting> {
    try {
      const json: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      return new Map(Array.isArray(json) ? json.filter(isEntry) : []);
    } catch {
      return new Map();
    }
  }

  #write(known: ReadonlyMap<string, FormerSetting>): void {
    if (!existsSync(dirname(this.#path))) mkdirSync(dirname(this.#path), { recursive: true });
    writeWhole(this.#path, JSON.stringify([...known]), 0o600);
  }
}

function isEntry(entry: unknown): entry is [string, FormerSetting] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false;
  const setting: unknown = entry[1];
  if (typeof setting !== 'object' || setting === null || !('before' in setting) || !('ours' in setting)) return false;
  return typeof setting.before === 'string' && typeof setting.ours === 'string';
}
