import { inNamespace, SystemCallError } from '../../libc/index.js';
import { CommandError } from '../command-error.js';

/**
 * Runs `use` while this thread is inside a named network namespace; sockets that it opens stay there. Synchronous, so
 * nothing else of this process runs meanwhile. Undefined: the namespace that the process is in.
 * @throws CommandError where there is no such namespace, or we may not enter it.
 */
export function insideNamespace<T>(namespace: string | undefined, use: () => T): T {
  return withCommandErrors('setns', () => inNamespace(namespace, use));
}

/** What `use` answers; what the C library fails with there becomes the error of this package. */
export function withCommandErrors<T>(command: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    if (!(cause instanceof SystemCallError)) throw cause;
    throw new CommandError({ command, exitCode: null, stderr: '', reason: cause.message, cause });
  }
}
