import type { Clock } from './clock.js';
import { Waiters } from './waiters.js';

/** Waits so long, or until the signal aborts. */
export async function pause(forMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const waiters = new Waiters();
  const cancelTimer = clock.setTimer(forMs, () => {
    waiters.wake();
  });
  await waiters.next(signal);
  cancelTimer();
}
