import { createHash } from 'node:crypto';
import { access, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Logger } from '../observability/index.js';

/** First bytes of every durable file: what it is, and the version of this form. */
const FORM = 1;
const MAGIC = Buffer.from(`eve-uplink durable ${FORM}\n`, 'latin1');
const DIGEST_BYTES = 32;

/** Where the state before the newest is kept. */
export function lastGoodPath(path: string): string {
  return `${path}.last-good`;
}

/**
 * Replaces a file so that a power cut at any moment leaves the old content or the new one, whole: written beside it,
 * synced, the old one kept as `<path>.last-good`, renamed, and the directory synced. The directory is made where it is
 * missing. Rejects where the disk refuses (ENOSPC and the like), or with NewerStateError; the file is then as it was.
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
  await copyFirst(path);
  await syncDirectory(directory);
}

/**
 * Keeps a durable file as it is now under a second name as well, over power cuts; what had that name is replaced. The
 * directory is made where it is missing. Rejects where the disk refuses, or there is no such file.
 */
export async function linkDurably(path: string, as: string): Promise<void> {
  const directory = dirname(as);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await rm(as, { force: true });
  await link(path, as);
  await syncDirectory(directory);
  await syncDirectory(dirname(directory));
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

/** A file that a newer version of this program wrote: nothing is wrong with it, and nothing has been done to it. */
export class NewerStateError extends Error {
  override readonly name = 'NewerStateError';
}

function newer(path: string): NewerStateError {
  return new NewerStateError(
    `${path} was written by a newer version, which it is kept for; install that one again, or move the file away`,
  );
}

/** The content that was written last, as bytes. See readDurablyAs. */
export function readDurably(path: string, options: { readonly logger: Logger }): Promise<Uint8Array | undefined> {
  return readDurablyAs(path, (content) => content, options);
}

/**
 * What `decode` makes of the content that was written last. Where the file is corrupt, or no file, or `decode` throws,
 * it is set aside as `<path>.corrupt-<n>`, reported, and the last good one is taken. Undefined where there is none.
 * @throws (a rejection) NewerStateError where a newer version wrote the file, or what the disk fails with
 */
export async function readDurablyAs<T>(
  path: string,
  decode: (content: Uint8Array) => T,
  { logger }: { readonly logger: Logger },
): Promise<T | undefined> {
  for (const candidate of [path, lastGoodPath(path)]) {
    const reading = decoded(await readWhole(candidate), decode);
    switch (reading.kind) {
      case 'good':
        if (candidate !== path)
          logger.warn({ event: 'state-file-recovered', path: candidate }, 'using the last good copy of a state file');
        return reading.content;
      case 'absent':
        break;
      case 'newer':
        throw newer(candidate);
      case 'corrupt': {
        const aside = await setAside(candidate);
        const { why } = reading;
        logger.error({ event: 'state-file-corrupt', path: candidate, aside, why }, 'state file corrupt, moved aside');
        break;
      }
    }
  }
  return undefined;
}

type Reading<T> =
  | { readonly kind: 'good'; readonly content: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'newer' }
  | { readonly kind: 'corrupt'; readonly why: string };

function decoded<T>(reading: Reading<Uint8Array>, decode: (content: Uint8Array) => T): Reading<T> {
  if (reading.kind !== 'good') return reading;
  try {
    return { kind: 'good', content: decode(reading.content) };
  } catch (error) {
    if (error instanceof NewerStateError) return { kind: 'newer' };
    return { kind: 'corrupt', why: error instanceof Error ? error.message : String(error) };
  }
}

async function readWhole(path: string): Promise<Reading<Uint8Array>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { kind: 'absent' };
    if (hasCode(error, 'EISDIR')) return { kind: 'corrupt', why: 'it is a directory' };
    throw error;
  }
  const contentAt = MAGIC.length + DIGEST_BYTES;
  if (isNewer(bytes)) return { kind: 'newer' };
  if (bytes.length < contentAt || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    return { kind: 'corrupt', why: 'it does not begin as a state file does' };
  }
  const content = bytes.subarray(contentAt);
  const intact = digest(content).equals(bytes.subarray(MAGIC.length, contentAt));
  return intact ? { kind: 'good', content } : { kind: 'corrupt', why: 'its digest is another' };
}

function isNewer(bytes: Buffer): boolean {
  const form = /^eve-uplink durable (\d{1,9})\n/.exec(bytes.toString('latin1', 0, 40))?.[1];
  return form !== undefined && Number(form) > FORM;
}

/** The file in force becomes the last good one under a second name, so that there is never a moment without either. */
async function keepLastGood(path: string): Promise<void> {
  const current = await readWhole(path);
  if (current.kind === 'newer') throw newer(path);
  if (current.kind !== 'good') return;
  const kept = `${lastGoodPath(path)}.new`;
  await rm(kept, { force: true });
  await link(path, kept);
  await rename(kept, lastGoodPath(path));
}

/** Of the first content of all there is none before it: it is kept twice, so that one bad block does not lose it. */
async function copyFirst(path: string): Promise<void> {
  if ((await readWhole(lastGoodPath(path))).kind !== 'absent') return;
  const kept = `${lastGoodPath(path)}.new`;
  try {
    await writeSynced(kept, await readFile(path));
    await rename(kept, lastGoodPath(path));
  } catch {
    // The content itself is safe; the next write tries again.
    await rm(kept, { force: true });
  }
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

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
