import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A tmpfs on every system with systemd or OpenRC, so that writing a script does not wait for a disk. */
const preferredDirectory = '/run';

/**
 * A file without a name, handed to a child as its descriptor 3 and read by it through /proc/self/fd/3: nothing is left behind when
 * this process is killed, and nobody else can open it.
 */
export class ScriptFile {
  /** What the child opens. */
  static readonly path = '/proc/self/fd/3';
  readonly descriptor: number;

  constructor() {
    this.descriptor = openNameless();
  }

  /** Replaces the contents. Synchronous: it is memory, and quicker than a turn of the event loop. */
  write(script: string): void {
    const bytes = Buffer.from(script, 'utf8');
    ftruncateSync(this.descriptor, 0);
    for (let written = 0; written < bytes.length;) {
      written += writeSync(this.descriptor, bytes, written, bytes.length - written, written);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function openNameless(): number {
  const directory = makeDirectory();
  try {
    return openSync(join(directory, 'script.nft'), 'wx+', 0o600);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(): string {
  try {
    return mkdtempSync(join(preferredDirectory, 'iproute-exec-'));
  } catch {
    return mkdtempSync(join(tmpdir(), 'iproute-exec-'));
  }
}
