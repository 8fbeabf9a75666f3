import { keepaliveBytesOf } from './cost.js';
import { COMFORTABLE_SHARE, QUIET_AFTER_MS, RETURNING_KEEPALIVE_MS } from './pace.js';
import type { TestSituation } from './situation.js';

/** What lies above the path is proved anew in bounded time; as savings go, in the time that the month pays for. */
export function fullDueMs(
  situation: TestSituation,
  full: { readonly lastMs: number | undefined },
  nowMs: number,
): number {
  const { target, pace, role, traffic, budget } = situation;
  const lastMs = full.lastMs ?? 0;
  if (target.intervalMs !== undefined) return lastMs + target.intervalMs;
  if (target.light) return lastMs + keepaliveInterval(situation, nowMs);
  const stretched = (intervalMs: number): number => {
    const short = Math.max(0, 1 - budget.savedShare / COMFORTABLE_SHARE);
    return intervalMs + Math.max(0, pace.fullSustainedMs - intervalMs) * short;
  };
  switch (role.kind) {
    case 'standby':
    case 'wanted':
      return lastMs + pace.fullStandbyMs;
    case 'returning':
      return lastMs + stretched(pace.fullInUseMs);
    case 'in-use': {
      const regularMs = isQuiet(situation, nowMs) ? pace.fullQuietMs : stretched(pace.fullInUseMs);
      const opensMs = traffic?.lastOpenMs ?? -Infinity;
      return lastMs + (opensMs > lastMs ? Math.min(stretched(pace.fullBusyMs), regularMs) : regularMs);
    }
  }
}

export function keepaliveInterval(situation: TestSituation, nowMs: number): number {
  const { role, pace, target } = situation;
  // Where only dearer ones are answered, they are as much more seldom.
  const dearer =
    target.keepalive.kind === 'none' || target.light ? 1 : target.keepalive.bytes / keepaliveBytesOf('echo');
  if (role.kind === 'returning') return Math.min(pace.keepaliveInUseMs, RETURNING_KEEPALIVE_MS) * dearer;
  if (role.kind !== 'in-use') return pace.keepaliveStandbyMs * dearer;
  return (isQuiet(situation, nowMs) ? pace.keepaliveQuietMs : pace.keepaliveInUseMs) * dearer;
}

export function sizeInterval(situation: TestSituation, nowMs: number): number {
  const { role, pace } = situation;
  if (role.kind !== 'in-use') return pace.sizeStandbyMs;
  return isQuiet(situation, nowMs) ? pace.sizeQuietMs : pace.sizeInUseMs;
}

function isQuiet({ traffic, validSinceMs }: TestSituation, nowMs: number): boolean {
  const lastTrafficMs = Math.max(traffic?.any.lastUpMs ?? 0, traffic?.any.lastDownMs ?? 0, validSinceMs ?? 0);
  return nowMs - lastTrafficMs >= QUIET_AFTER_MS;
}
