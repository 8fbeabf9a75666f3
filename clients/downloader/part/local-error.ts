import { errorCode } from '../../../lib/uplink-socket/index.js';
import { DownloadError, messageOf } from '../download-error.js';

/**
 * Does some work with the disk. @throws DownloadError local with `what` and what to do; other DownloadErrors as they
 * are
 */
export async function asLocal<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw localError(what, error);
  }
}

/** What the disk fails with, in words; what is a DownloadError already stays. */
export function localError(what: string, error: unknown): DownloadError {
  if (error instanceof DownloadError) return error;
  const advice = localAdvice[errorCode(error) ?? ''] ?? messageOf(error);
  return new DownloadError('local', `${what}: ${advice}`, { cause: error });
}

const KEPT_ADVICE = 'and ask again: what has come is kept, and the download goes on where it is';
const localAdvice: Readonly<Record<string, string>> = {
  ENOSPC: `the disk is full. Make room ${KEPT_ADVICE}`,
  EDQUOT: `the disk quota is used up. Make room ${KEPT_ADVICE}`,
  EFBIG: 'the file is too large for this file system or for the limit of this process',
  EROFS: 'the file system is read-only',
  EIO: 'the disk fails to read or write',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'there is no such directory',
  EACCES: 'no permission to write there',
};
