/**
 * Why a download ended without its file. `not-permitted`: policy permits no port, or none any more. `unreachable`: no
 * permitted port works, or the source fails over each of them. `wrong-content`: what the source gives is not what was
 * asked for. `local`: this machine's disk or files. `interrupted`: by the caller. `unsupported`: what was asked for
 * cannot be done.
 */
export type DownloadFailure =
  'not-permitted' | 'unreachable' | 'wrong-content' | 'local' | 'interrupted' | 'unsupported' | 'no-service';

/** The end of a download; the message says what to do, and whether what has come is kept. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  readonly failure: DownloadFailure;

  constructor(failure: DownloadFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
