import { backoffMs } from '../../clock/index.js';
import { stallPauseFirstMs, stallPauseMostMs, stallShortestMs } from './pace.js';

/** Packets forwarded between network instances and a port, as the kernel counts them. */
export interface TrafficCount {
  readonly upPackets: number;
  readonly downPackets: number;
}

/** What the counters of one port have shown. Times are monotonic milliseconds. */
export interface TrafficFacts {
  readonly count: TrafficCount;
  readonly lastUpMs: number | undefined;
  readonly lastDownMs: number | undefined;
  /** When the first packet went up to which nothing has come down since. */
  readonly unansweredSinceMs: number | undefined;
  /** Probes that were answered while traffic was not, since the last packet down. */
  readonly refuted: number;
  readonly lastRefutedMs: number | undefined;
}

/**
 * The facts after one more reading of the counters. Counters that were set back start anew, and say nothing this once.
 */
export function observeTraffic(before: TrafficFacts | undefined, count: TrafficCount, nowMs: number): TrafficFacts {
  const known = before?.count;
  const restarted = known !== undefined && (count.upPackets < known.upPackets || count.downPackets < known.downPackets);
  if (before === undefined || known === undefined || restarted) {
    return { ...(before ?? nothingSeen), count, unansweredSinceMs: undefined };
  }
  const up = count.upPackets > known.upPackets;
  const down = count.downPackets > known.downPackets;
  if (!up && !down) return before;
  return {
    count,
    lastUpMs: up ? nowMs : before.lastUpMs,
    lastDownMs: down ? nowMs : before.lastDownMs,
    // Both within one reading: which was first is not known, and an answer is likelier.
    unansweredSinceMs: down ? undefined : (before.unansweredSinceMs ?? nowMs),
    refuted: down ? 0 : before.refuted,
    lastRefutedMs: down ? undefined : before.lastRefutedMs,
  };
}

const nothingSeen: TrafficFacts = {
  count: { upPackets: 0, downPackets: 0 },
  lastUpMs: undefined,
  lastDownMs: undefined,
  unansweredSinceMs: undefined,
  refuted: 0,
  lastRefutedMs: undefined,
};

/** A probe was answered: what goes up unanswered is of the kind that nobody answers. */
export function refuteStall(traffic: TrafficFacts, nowMs: number): TrafficFacts {
  if (traffic.unansweredSinceMs === undefined) return traffic;
  return { ...traffic, refuted: traffic.refuted + 1, lastRefutedMs: nowMs };
}

/** A stall that is worth a probe: when it began, or when it will have lasted long enough if nothing comes down. */
export type Stall =
  | { readonly kind: 'none' }
  | { readonly kind: 'growing'; readonly ripeAtMs: number }
  | { readonly kind: 'stalled'; readonly sinceMs: number };

/** Whether traffic goes up and nothing comes down for longer than this path's answers take. */
export function stallOf(traffic: TrafficFacts | undefined, answerLimitMs: number | undefined, nowMs: number): Stall {
  const sinceMs = traffic?.unansweredSinceMs;
  if (traffic === undefined || sinceMs === undefined) return { kind: 'none' };
  const { lastRefutedMs, lastUpMs = sinceMs, refuted } = traffic;
  // Since it was refuted, nothing new has gone up.
  if (lastRefutedMs !== undefined && lastUpMs <= lastRefutedMs) return { kind: 'none' };
  const pauseMs =
    refuted === 0 ? 0 : backoffMs({ firstMs: stallPauseFirstMs, mostMs: stallPauseMostMs, attempt: refuted - 1 });
  const ripeAtMs = Math.max(
    sinceMs + Math.max(stallShortestMs, answerLimitMs ?? 0),
    (lastRefutedMs ?? -Infinity) + pauseMs,
  );
  return nowMs >= ripeAtMs ? { kind: 'stalled', sinceMs } : { kind: 'growing', ripeAtMs };
}
