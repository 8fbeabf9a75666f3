import { closeSync, openSync } from 'node:fs';

import { checked, libc } from './libc.js';
import { SystemCallError } from './system-call-error.js';

/** linux/sched.h */
const CLONE_NEWNET = 0x40000000;

/** Why this is no name for a network namespace; undefined where it is one. They are files in /run/netns. */
export function problemOfNamespace(name: string): string | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name)) return undefined;
  return `${JSON.stringify(name.slice(0, 80))} is no name of a network namespace`;
}

/**
 * Runs something synchronous with this thread in a named network namespace, and comes back, also when it throws: a
 * socket belongs for good to the namespace that it was made in. Nothing else of this process runs meanwhile. Undefined:
 * just runs it.
 * @throws SystemCallError EINVAL for what is no name, ENOENT where there is no such namespace, EPERM without
 * CAP_SYS_ADMIN
 */
export function inNamespace<T>(name: string | undefined, work: () => T): T {
  if (name === undefined) return work();
  const problem = problemOfNamespace(name);
  if (problem !== undefined) throw new SystemCallError('EINVAL', problem);
  const own = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enter(name);
    try {
      return work();
    } finally {
      checked(libc().setns(own, CLONE_NEWNET), 'returning to the network namespace of this process');
    }
  } finally {
    closeSync(own);
  }
}

function enter(name: string): void {
  let other: number;
  try {
    other = openSync(`/run/netns/${name}`, 'r');
  } catch (cause) {
    throw new SystemCallError('ENOENT', `Cannot open network namespace "${name}"`, { cause });
  }
  try {
    checked(libc().setns(other, CLONE_NEWNET), `entering the network namespace ${name} (needs CAP_SYS_ADMIN)`);
  } finally {
    closeSync(other);
  }
}
