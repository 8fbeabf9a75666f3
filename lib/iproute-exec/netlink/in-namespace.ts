import { closeSync, openSync } from 'node:fs';

import { CommandError } from '../command-error.js';
import { problemOfNamespace } from '../words.js';
import { succeeded, systemCalls } from './system-calls.js';

const CLONE_NEWNET = 0x40000000;

/**
 * Runs `use` while this thread is inside a named network namespace; sockets that it opens stay there. Synchronous, so
 * nothing else of this process runs meanwhile. Undefined: the namespace that the process is in.
 * @throws CommandError where there is no such namespace, or we may not enter it.
 */
export function insideNamespace<T>(namespace: string | undefined, use: () => T): T {
  if (namespace === undefined) return use();
  const problem = problemOfNamespace(namespace);
  if (problem !== undefined) throw failure(problem);
  const { setns } = systemCalls();
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    const there = openNamespace(namespace);
    try {
      succeeded(setns(there, CLONE_NEWNET), `setns ${namespace}`);
    } finally {
      closeSync(there);
    }
    try {
      return use();
    } finally {
      succeeded(setns(home, CLONE_NEWNET), 'setns back');
    }
  } finally {
    closeSync(home);
  }
}

function openNamespace(namespace: string): number {
  try {
    return openSync(`/run/netns/${namespace}`, 'r');
  } catch (cause) {
    throw failure(`Cannot open network namespace "${namespace}"`, cause);
  }
}

function failure(reason: string, cause?: unknown): CommandError {
  return new CommandError({ command: 'setns', exitCode: null, stderr: '', reason, cause });
}
