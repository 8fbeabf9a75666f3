import { backoffMs } from '../../clock/index.js';
import type { Health } from '../health/index.js';
import { keepaliveBytesOf } from './cost.js';
import {
  CHALLENGE_SHARE,
  COMFORTABLE_SHARE,
  FIRST_SIZE_AFTER_MS,
  QUIET_AFTER_MS,
  RETURNING_KEEPALIVE_MS,
  SIZE_RETRY_MS,
} from './pace.js';
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
  const stretched = (intervalMs: number): number => stretch(intervalMs, pace.fullSustainedMs, budget.savedShare);
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

/** Apps have begun connections since the target itself was last heard of: whoever answers them may be anybody. */
export function beginsConnections({ traffic, record }: TestSituation): boolean {
  return (traffic?.lastOpenMs ?? -Infinity) > (record.lastSucceeded?.atMs ?? -Infinity);
}

/**
 * When an echo is due although apps are answered: they begin connections, and whoever answers those may be a portal,
 * which leaves echoes to the target unanswered. As savings go, as often as the month pays for.
 */
export function challengeDueMs(
  situation: TestSituation,
  any: { readonly lastMs: number | undefined },
  nowMs: number,
): number {
  const { role, pace, record, budget } = situation;
  if (role.kind !== 'in-use' || !beginsConnections(situation)) return Infinity;
  const lastMs = Math.max(record.lastSucceeded?.atMs ?? 0, any.lastMs ?? 0);
  const intervalMs = keepaliveInterval(situation, nowMs);
  const sustainedMs = intervalMs * (pace.keepaliveQuietMs / pace.keepaliveInUseMs);
  return lastMs + stretch(intervalMs, sustainedMs, budget.savedShare, CHALLENGE_SHARE);
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

/** As savings go, an interval becomes the one that the month pays for. */
function stretch(
  intervalMs: number,
  sustainedMs: number,
  savedShare: number,
  comfortableShare = COMFORTABLE_SHARE,
): number {
  const short = Math.max(0, 1 - savedShare / comfortableShare);
  return intervalMs + Math.max(0, sustainedMs - intervalMs) * short;
}

/**
 * When a packet of full size is due: soon where none has ever come through, for a single one may have met a bad moment;
 * and while apps begin connections and receive nothing large.
 */
export function sizeDueMs(
  situation: TestSituation,
  { sinceMs, sizeProven }: Extract<Health, { state: 'working' }>,
  { lastMs }: { readonly lastMs: number | undefined },
  nowMs: number,
): number {
  if (lastMs === undefined) return sinceMs + FIRST_SIZE_AFTER_MS;
  const { role, pace, traffic, record, validSinceMs = 0, budget } = situation;
  const regularMs = sizeInterval(situation, nowMs);
  if (!sizeProven) {
    const tried = record.outcomes.filter((one) => one.probeKind === 'size' && one.startedMs >= validSinceMs).length;
    return lastMs + backoffMs({ firstMs: SIZE_RETRY_MS, mostMs: regularMs, attempt: tried - 1 });
  }
  const provedMs = Math.max(lastMs, traffic?.lastLargeMs ?? -Infinity);
  const isBusy = role.kind === 'in-use' && (traffic?.lastOpenMs ?? -Infinity) > provedMs;
  if (!isBusy) return lastMs + regularMs;
  return Math.min(lastMs + regularMs, provedMs + stretch(pace.sizeBusyMs, pace.sizeInUseMs, budget.savedShare));
}

function sizeInterval(situation: TestSituation, nowMs: number): number {
  const { role, pace } = situation;
  if (role.kind !== 'in-use') return pace.sizeStandbyMs;
  return isQuiet(situation, nowMs) ? pace.sizeQuietMs : pace.sizeInUseMs;
}

function isQuiet({ traffic, validSinceMs }: TestSituation, nowMs: number): boolean {
  const lastTrafficMs = Math.max(traffic?.any.lastUpMs ?? 0, traffic?.any.lastDownMs ?? 0, validSinceMs ?? 0);
  return nowMs - lastTrafficMs >= QUIET_AFTER_MS;
}
