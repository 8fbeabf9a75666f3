import { createHash } from 'node:crypto';
import { access, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Logger } from '../observability/index.js';

/** First bytes of every durable file: what it is, and the version of this form. */
const MAGIC = Buffer.from('eve-uplink durable 1\n', 'latin1');
const DIGEST_BYTES = 32;

/** Where the state before the newest is kept. */
export function lastGoodPath(path: string): string {
  return `${path}.last-good`;
}

/**
 * Replaces a file so that a power cut at any moment leaves the old content or the new one, whole: written beside it,
 * synced, the old one kept as `<path>.last-good`, renamed, and the directory synced. The directory is made where it is
 * missing. Rejects where the disk refuses (ENOSPC and the like); the file is then as it was.
 */
export async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const fresh = join(directory, `.${basename(path)}.new`);
  try {
    await writeSynced(fresh, Buffer.concat([MAGIC, digest(content), content]));
  } catch (error) {
    // On a full disk, what was begun would keep the space that others need.
    await rm(fresh, { force: true });
    throw error;
  }
  await keepLastGood(path);
  await rename(fresh, path);
  await syncDirectory(directory);
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The content that was written last. Where the file is corrupt it is set aside as `<path>.corrupt-<n>`, reported, and
 * the last good one is answered. Undefined where there is none.
 */
export async function readDurably(path: string, options: { readonly logger: Logger }): Promise<Uint8Array | undefined> {
  for (const candidate of [path, lastGoodPath(path)]) {
    const reading = await readWhole(candidate);
    switch (reading.kind) {
      case 'good':
        if (candidate !== path)
          options.logger.warn(
            { event: 'state-file-recovered', path: candidate },
            'using the last good copy of a state file',
          );
        return reading.content;
      case 'absent':
        break;
      case 'corrupt': {
        const aside = await setAside(candidate);
        options.logger.error(
          { event: 'state-file-corrupt', path: candidate, aside },
          'state file corrupt, moved aside',
        );
        break;
      }
    }
  }
  return undefined;
}

type Reading =
  { readonly kind: 'good'; readonly content: Uint8Array } | { readonly kind: 'absent' } | { readonly kind: 'corrupt' };

async function readWhole(path: string): Promise<Reading> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (isMissing(error)) return { kind: 'absent' };
    throw error;
  }
  const contentAt = MAGIC.length + DIGEST_BYTES;
  if (bytes.length < contentAt || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: 'corrupt' };
  const content = bytes.subarray(contentAt);
  const intact = digest(content).equals(bytes.subarray(MAGIC.length, contentAt));
  return intact ? { kind: 'good', content } : { kind: 'corrupt' };
}

/** The file in force becomes the last good one under a second name, so that there is never a moment without either. */
async function keepLastGood(path: string): Promise<void> {
  const current = await readWhole(path);
  if (current.kind !== 'good') return;
  const kept = `${lastGoodPath(path)}.new`;
  await rm(kept, { force: true });
  await link(path, kept);
  await rename(kept, lastGoodPath(path));
}

/** A free name for what cannot be read: nothing that may still help somebody is overwritten. */
async function setAside(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const aside = `${path}.corrupt-${number}`;
    const taken = await access(aside).then(
      () => true,
      () => false,
    );
    if (taken) continue;
    await rename(path, aside);
    return aside;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function digest(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
