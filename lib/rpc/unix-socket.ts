import { chmod, link, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { errnoOf } from './errno.js';

/** sun_path holds 108 bytes, the last one zero (unix(7)). */
const LONGEST_PATH_BYTES = 107;

/** Somebody answers on the socket already. */
export class SocketInUseError extends Error {
  readonly socketPath: string;

  constructor(socketPath: string) {
    super(`another instance is serving on ${socketPath}; end it first, or choose another --run-dir`);
    this.name = 'SocketInUseError';
    this.socketPath = socketPath;
  }
}

/** A socket's place in the file system. */
export interface UnixSocket {
  /** Takes it away, unless another instance's stands there by now. */
  remove(): Promise<void>;
}

let sockets = 0;

/**
 * Puts a listening socket at `socketPath` with the given mode, replacing a stale one (a socket on which nobody
 * answers). `listen` is given a temporary path in the same directory; the socket is then linked to its real one, which
 * fails where another instance was quicker: two that start at once never both believe that they have it. Fails with
 * SocketInUseError, or an error that names the path.
 */
export async function listenOnUnixSocket(
  socketPath: string,
  mode: number,
  listen: (temporaryPath: string) => Promise<void>,
): Promise<UnixSocket> {
  sockets += 1;
  const temporaryPath = join(dirname(socketPath), `.${basename(socketPath)}.${process.pid}.${sockets}`);
  if (Buffer.byteLength(temporaryPath) > LONGEST_PATH_BYTES) {
    throw new Error(`the path ${socketPath} is too long for a Unix socket; choose a shorter --run-dir`);
  }
  await removeIfStale(socketPath);
  await unlinkIfThere(temporaryPath);
  await listen(temporaryPath);
  try {
    await chmod(temporaryPath, mode);
    await linkOrTell(temporaryPath, socketPath);
  } finally {
    await unlinkIfThere(temporaryPath);
  }
  const { ino } = await lstat(socketPath);
  return {
    remove: async () => {
      if ((await inodeOf(socketPath)) === ino) await unlinkIfThere(socketPath);
    },
  };
}

async function removeIfStale(socketPath: string): Promise<void> {
  switch (await knock(socketPath)) {
    case 'nothing-there':
      return;
    case 'nobody-answers':
      await unlinkIfThere(socketPath);
      return;
    case 'answered':
      throw new SocketInUseError(socketPath);
  }
}

async function linkOrTell(temporaryPath: string, socketPath: string): Promise<void> {
  try {
    await link(temporaryPath, socketPath);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw new SocketInUseError(socketPath);
    throw error;
  }
}

/** Connects, which is the only way to tell a live socket from one left by a process that was killed. */
async function knock(socketPath: string): Promise<'nothing-there' | 'nobody-answers' | 'answered'> {
  const there = await lstat(socketPath).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (there === undefined) return 'nothing-there';
  if (!there.isSocket()) throw new Error(`${socketPath} is there and is not a socket; remove it first`);
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve('answered');
    });
    socket.once('error', (error) => {
      const code = errnoOf(error);
      if (code === 'ECONNREFUSED') resolve('nobody-answers');
      else if (code === 'ENOENT') resolve('nothing-there');
      // The backlog of a living process is full.
      else if (code === 'EAGAIN') resolve('answered');
      else reject(error);
    });
  });
}

async function inodeOf(path: string): Promise<number | undefined> {
  const there = await lstat(path).catch(() => undefined);
  return there?.ino;
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
}
