import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { userInfo } from 'node:os';

import { SecretKey } from '../../../lib/netlink/index.js';

/** 44 characters and a line's end; what is longer is something else. */
const MOST_BYTES = 256;
const READABLE_BY_OTHERS = 0o077;

/** A private key, and what is wrong with the file all the same. */
export interface KeyInFile {
  readonly key: SecretKey;
  readonly warning: string | undefined;
}

/**
 * The private key in a file, as `wg genkey` prints it. No message holds anything of what is in the file.
 * @throws with what to do, where there is none.
 */
export function readPrivateKey(path: string): KeyInFile {
  const buffer = Buffer.alloc(MOST_BYTES + 1);
  let length: number;
  let mode: number;
  try {
    // A pipe or a device would keep us waiting.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const status = fstatSync(file);
      if (!status.isFile()) throw new Error('is no plain file');
      mode = status.mode;
      length = readSync(file, buffer);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new Error(`${path}: ${reasonOf(error, path)}`, { cause: error });
  }
  const key = length > MOST_BYTES ? undefined : SecretKey.fromBase64(buffer.toString('latin1', 0, length).trim());
  buffer.fill(0);
  if (key === undefined) throw new Error(`${path}: holds no private key as wg genkey prints it`);
  const isOpen = (mode & READABLE_BY_OTHERS) !== 0;
  return { key, warning: isOpen ? `others than root may read ${path}: chmod 600 ${path}` : undefined };
}

/** What is wrong, and what to do. */
function reasonOf(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES') return `the user of this service may not read it: chown ${userInfo().username} ${path}`;
  const why = error instanceof Error ? error.message : String(error);
  return `${code === 'ENOENT' ? 'there is no such file' : why}; make one: (umask 077; wg genkey > ${path})`;
}
