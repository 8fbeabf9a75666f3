import { closeSync, openSync } from 'node:fs';

import { checked, libc } from './libc.js';
import { SocketError } from './socket-error.js';

const CLONE_NEWNET = 0x40000000;

/**
 * Runs something synchronous with this thread in a named network namespace, and comes back, also when it throws: a socket belongs for
 * good to the namespace that it was made in. Undefined: just runs it.
 * @throws SocketError ENOENT where there is no such namespace, EPERM without CAP_SYS_ADMIN
 */
export function inNamespace<T>(name: string | undefined, run: () => T): T {
  if (name === undefined) return run();
  const own = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enter(name);
    try {
      return run();
    } finally {
      checked(libc().setns(own, CLONE_NEWNET), 'returning to the network namespace of this process');
    }
  } finally {
    closeSync(own);
  }
}

function enter(name: string): void {
  if (!/^[\w.-]+$/.test(name))
    throw new SocketError('EINVAL', `${JSON.stringify(name)} is no name of a network namespace`);
  let other: number;
  try {
    other = openSync(`/run/netns/${name}`, 'r');
  } catch (cause) {
    throw new SocketError('ENOENT', `there is no network namespace ${name}`, { cause });
  }
  try {
    checked(libc().setns(other, CLONE_NEWNET), `entering the network namespace ${name} (needs CAP_SYS_ADMIN)`);
  } finally {
    closeSync(other);
  }
}
