import { readdirSync, readlinkSync } from 'node:fs';

import { SocketError } from '../socket-error.js';

/** How many file descriptors of this process are sockets, or the network namespaces that are entered to make them. */
export function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /^(socket|net):|\/netns\/|\/ns\/net$/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // That of the listing itself is closed by now.
      return false;
    }
  }).length;
}

/** Timers that keep this process alive. */
export function pendingTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

/** Keeps this thread, and so the event loop, busy. */
export function blockFor(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** The failure of an attempt that is expected to fail. @throws where it succeeds, or fails otherwise */
export async function socketFailure(attempt: Promise<unknown>): Promise<SocketError> {
  const failure = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof SocketError) return failure;
  throw new Error(`no SocketError: ${String(failure)}`);
}
