import { problemOfNamespace } from '../libc/index.js';
import { CommandError } from './command-error.js';

/** A program and its arguments, as execve takes them. */
export interface Argv {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The same command, run inside a named network namespace: `ip -n NS ...` for ip itself, `ip netns exec NS ...` for all
 * else. Neither leaves a second process between us and the command.
 * @throws CommandError where the namespace is no such name.
 */
export function inNamespace(argv: Argv, namespace: string | undefined): Argv {
  if (namespace === undefined) return argv;
  const problem = problemOfNamespace(namespace);
  if (problem !== undefined) {
    throw new CommandError({ command: textOf(argv), exitCode: null, stderr: '', reason: problem });
  }
  if (argv.file === 'ip') return { file: 'ip', args: ['-n', namespace, ...argv.args] };
  return { file: 'ip', args: ['netns', 'exec', namespace, argv.file, ...argv.args] };
}

/** For messages only. */
export function textOf(argv: Argv): string {
  return [argv.file, ...argv.args].join(' ');
}
