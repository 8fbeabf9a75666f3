/** How a failed command presents itself. */
export interface CommandFailure {
  /** The command as an operator would read it; never one that a shell has seen. */
  readonly command: string;
  /** null where the command was ended by a signal, or did not start. */
  readonly exitCode: number | null;
  readonly stderr: string;
  /** What went wrong, where exit code and stderr do not say it: a time limit, a signal, a missing program. */
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

/** Longest part of stderr that goes into the message; all of it is in `stderr`. */
const MAX_MESSAGE_DETAIL = 600;

/**
 * The one error of this package: a command of the system failed, could not be started, or was refused before it was
 * run.
 */
export class CommandError extends Error {
  readonly command: string;
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(failure: CommandFailure) {
    super(messageOf(failure), failure.cause === undefined ? undefined : { cause: failure.cause });
    this.name = 'CommandError';
    this.command = failure.command;
    this.exitCode = failure.exitCode;
    this.stderr = failure.stderr;
  }
}

function messageOf(failure: CommandFailure): string {
  const why: string[] = [];
  if (failure.reason !== undefined) why.push(failure.reason);
  else if (failure.exitCode !== null) why.push(`exit code ${failure.exitCode}`);
  const detail = failure.stderr.trim();
  if (detail !== '')
    why.push(detail.length > MAX_MESSAGE_DETAIL ? `${detail.slice(0, MAX_MESSAGE_DETAIL)}...` : detail);
  return `${failure.command}: ${why.length === 0 ? 'failed' : why.join(': ')}`;
}
