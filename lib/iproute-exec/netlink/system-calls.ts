import { libc, whyNoLibc, type Libc } from '../../libc/index.js';
import { CommandError } from '../command-error.js';
import { withCommandErrors } from './in-namespace.js';

/** Why the kernel cannot be called from here; undefined where it can. */
export { whyNoLibc as whyNoSystemCalls };

/** The system calls. @throws CommandError where koffi has nothing for this machine. */
export function systemCalls(): Libc {
  return withCommandErrors('koffi', libc);
}

/** The answer of a system call, unless it failed. @throws CommandError in the words of the C library. */
export function succeeded(answer: number, what: string): number {
  if (answer >= 0) return answer;
  const { strerror, errorNumber } = systemCalls();
  throw new CommandError({ command: what, exitCode: null, stderr: '', reason: strerror(errorNumber()) });
}
