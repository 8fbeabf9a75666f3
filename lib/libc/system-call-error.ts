/** Why a system call failed, or could not be made. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  /** The system's word, such as ENODEV; ENOSYS where the C library cannot be called at all. */
  readonly code: string;
  /** The number of that word; undefined where no system call was made. */
  readonly errno: number | undefined;

  constructor(code: string, message: string, options: { readonly errno?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errno = options.errno;
  }
}
