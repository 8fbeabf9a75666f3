import { once } from 'node:events';
import { createServer } from 'node:net';
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { errorCode } from '../../../lib/uplink-socket/index.js';
import { DownloadError } from '../download-error.js';

/** Until it is called, nobody else writes the file. */
export type Unlock = () => void;

/**
 * Keeps two downloads from writing the same file. The lock is a name among abstract Unix sockets (unix(7)), which the
 * kernel frees however the process ends.
 * @throws DownloadError local where another download has it
 */
export async function lockFile(file: string): Promise<Unlock> {
  const place = join(await realpath(dirname(file)), basename(file));
  const name = createHash('sha256').update(place).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  server.listen(`\0eve-uplink-download-${name}`);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error;
    throw new DownloadError('local', `another download is writing ${file}; wait for it, or choose another file`);
  }
  return () => server.close();
}
