import { monotonicMs } from '../monotonic.js';

export interface Pacing {
  stop(): void;
}

/** Timers of Node have a resolution of 1 ms; below that the thread itself sleeps, on a futex that nobody wakes. */
const FINEST_TIMER_MS = 1;
const neverWoken = new Int32Array(new SharedArrayBuffer(4));

/**
 * Calls `tick` every `intervalMs`, on average. After a pause of the process at most one missed tick is made up for: a
 * burst would measure the burst. Below 1 ms sockets are served between two sleeps; to spin instead would take a
 * processor from those who are measured.
 */
export function startPacing(intervalMs: number, tick: () => void): Pacing {
  let dueMs = monotonicMs();
  let stopped = false;
  const turn = (): void => {
    if (stopped) return;
    const nowMs = monotonicMs();
    if (nowMs >= dueMs) {
      tick();
      dueMs = Math.max(dueMs + intervalMs, nowMs - intervalMs);
    }
    if (intervalMs < FINEST_TIMER_MS) {
      Atomics.wait(neverWoken, 0, 0, Math.max(0, dueMs - monotonicMs()));
      setImmediate(turn);
    } else setTimeout(turn, Math.max(FINEST_TIMER_MS, Math.round(dueMs - nowMs)));
  };
  turn();
  return {
    stop: () => {
      stopped = true;
    },
  };
}
