import { SystemCallError } from '../libc/index.js';
import { noTraffic, type Traffic } from './traffic.js';

/** Why something on a bound socket failed. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  /**
   * The system's word: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET; ENODEV where there is no such
   * interface; EADDRNOTAVAIL where it has no address; EACCES or EPERM where a permission is missing; ABORT_ERR where
   * the caller gave up; ENOSYS where the machine cannot do it at all.
   */
  readonly code: string;
  /** What it cost until then. */
  readonly traffic: Traffic;

  constructor(code: string, message: string, options: { readonly traffic?: Traffic; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.traffic = options.traffic ?? noTraffic;
  }
}

/** Any failure as a SocketError: `what` says what was tried, `traffic` what it cost. */
export function asSocketError(error: unknown, what: string, traffic: Traffic = noTraffic): SocketError {
  if (error instanceof SocketError) {
    return new SocketError(error.code, `${what}: ${error.message}`, { traffic, cause: error });
  }
  const code = errorCode(error) ?? 'EIO';
  return new SocketError(code, `${what}: ${words[code] ?? messageOf(error)}`, { traffic, cause: error });
}

/** What `work` answers; what a system call fails with there becomes a SocketError with the same code and words. */
export function withSocketErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SystemCallError ? new SocketError(error.code, error.message, { cause: error }) : error;
  }
}

/** The `code` of an error of Node's. */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** For a person who reads it in a status. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset by the other side',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENETDOWN: 'the port is down',
};
