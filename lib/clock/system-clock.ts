import { uptime } from 'node:os';

import type { CancelTimer, Clock } from './clock.js';

/** setTimeout takes 32-bit delays and fires at once above that. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
const NANOSECONDS_PER_MS = 1e6;

function startTimer(delayMs: number, fn: () => void): CancelTimer {
  let timer: NodeJS.Timeout;
  const arm = (remainingMs: number): void => {
    timer =
      remainingMs <= LONGEST_TIMEOUT_MS
        ? setTimeout(fn, remainingMs)
        : setTimeout(() => {
            arm(remainingMs - LONGEST_TIMEOUT_MS);
          }, LONGEST_TIMEOUT_MS);
  };
  arm(Math.max(0, delayMs));
  return () => {
    clearTimeout(timer);
  };
}

/** The machine's clocks: CLOCK_MONOTONIC, the wall clock, CLOCK_BOOTTIME (/proc/uptime) and the event loop's timers. */
export const systemClock: Clock = {
  monotonicMs: () => Number(process.hrtime.bigint()) / NANOSECONDS_PER_MS,
  wallMs: () => Date.now(),
  boottimeMs: () => Math.round(uptime() * 1000),
  setTimer: startTimer,
};
