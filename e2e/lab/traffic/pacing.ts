import { monotonicMs } from '../monotonic.js';

export interface Pacing {
  stop(): void;
}

/** Timers of Node have a resolution of 1 ms; below that only looking at the clock again and again will do. */
const finestTimerMs = 1;

/**
 * Calls `tick` every `intervalMs`, on average. After a pause of the process at most one missed tick is made up for: a burst
 * would measure the burst. Below 1 ms it spins, and still lets sockets be served between two looks at the clock.
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
    if (intervalMs < finestTimerMs) setImmediate(turn);
    else setTimeout(turn, Math.max(finestTimerMs, Math.round(dueMs - nowMs)));
  };
  turn();
  return {
    stop: () => {
      stopped = true;
    },
  };
}
