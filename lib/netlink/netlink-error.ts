/** The kernel refused a request, or could not be asked. */
export class NetlinkError extends Error {
  /** What was asked, in the words of ip, nft or conntrack: for people. */
  readonly request: string;
  /** The kernel's error number (errno.h); undefined where it was not the kernel that refused. */
  readonly errno: number | undefined;

  constructor(request: string, reason: string, options: { readonly errno?: number; readonly cause?: unknown } = {}) {
    super(`${request}: ${reason}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NetlinkError';
    this.request = request;
    this.errno = options.errno;
  }
}

/** Error numbers that callers tell apart (asm-generic/errno.h). */
export const ERRNO = {
  notPermitted: 1,
  noEntry: 2,
  noProcess: 3,
  exists: 17,
  noDevice: 19,
  invalid: 22,
  notSupported: 95,
  addressNotAvailable: 99,
} as const;
