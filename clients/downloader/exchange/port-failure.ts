/** A try over one port failed; another port, or a later try, may do better. */
export class PortFailure extends Error {
  override readonly name = 'PortFailure';
  /** The source itself said no: trying again over the same port is of no use. */
  readonly isRefusal: boolean;
  /** The source asks for so much patience. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: {
      readonly isRefusal?: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.isRefusal = options.isRefusal ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
