import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Between two checks; default 10. */
  readonly everyMs?: number;
}

/**
 * Checks until the condition holds (true) or the time is up (false). In real time, for what happens in kernels and
 * other processes.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, everyMs = 10 }: WaitOptions,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(everyMs);
  }
}

/** Like waitUntil, for a value: asks until there is one. Throws with `what` where the time is up. */
export async function waitFor<T>(
  what: string | (() => string),
  find: () => T | undefined | Promise<T | undefined>,
  options: WaitOptions,
): Promise<T> {
  let found: T | undefined;
  const inTime = await waitUntil(async () => {
    found = await find();
    return found !== undefined;
  }, options);
  if (!inTime || found === undefined) {
    throw new Error(`waited ${options.timeoutMs} ms in vain for ${typeof what === 'string' ? what : what()}`);
  }
  return found;
}
