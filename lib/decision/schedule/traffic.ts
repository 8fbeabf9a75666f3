import { backoffMs } from '../../clock/index.js';
import { STALL_PAUSE_FIRST_MS, STALL_PAUSE_MOST_MS, STALL_SHORTEST_MS, TCP_STALL_MS } from './pace.js';

/** Packets forwarded between network instances and a port, as the kernel counts them; errors and resets left out. */
export interface TrafficCount {
  readonly upPackets: number;
  readonly downPackets: number;
  /** Beginnings of TCP connections, repeated ones included. */
  readonly tcpOpens: number;
  /** TCP segments with data. */
  readonly tcpUpPackets: number;
  readonly tcpDownPackets: number;
  /** Of those segments, from the IP header on. */
  readonly tcpDownBytes: number;
}

/** What the counters of one port have shown. Times are monotonic milliseconds. */
export interface TrafficFacts {
  readonly count: TrafficCount;
  /** All that apps send and receive. */
  readonly any: AnswerFacts;
  /** Connections that they open and data that they send over TCP, answered by data over TCP. */
  readonly tcp: AnswerFacts;
  /** When an app began a TCP connection last. */
  readonly lastOpenMs: number | undefined;
  /**
   * When a large packet came down over TCP last, as far as averages tell. Where the interface puts segments together
   * before they are counted, small ones that follow each other may be taken for one.
   */
  readonly lastLargeMs: number | undefined;
}

/** Whether packets of one kind are answered. */
export interface AnswerFacts {
  readonly lastUpMs: number | undefined;
  readonly lastDownMs: number | undefined;
  /** When the first packet went up to which nothing has come down since. */
  readonly unansweredSinceMs: number | undefined;
  /** Probes that were answered while traffic was not, since the last packet down. */
  readonly refuted: number;
  readonly lastRefutedMs: number | undefined;
}

/** Which packets are not answered. */
export type StallKind = 'any' | 'tcp';

/**
 * The facts after one more reading of the counters. Counters that were set back start anew, and say nothing this once.
 */
export function observeTraffic(before: TrafficFacts | undefined, count: TrafficCount, nowMs: number): TrafficFacts {
  const known = before?.count;
  if (before === undefined || known === undefined || counts.some((name) => count[name] < known[name])) {
    const { any, tcp, lastOpenMs, lastLargeMs } = before ?? nothingSeen;
    return { count, any: withoutStall(any), tcp: withoutStall(tcp), lastOpenMs, lastLargeMs };
  }
  if (counts.every((name) => count[name] === known[name])) return before;
  const opened = count.tcpOpens > known.tcpOpens;
  return {
    count,
    any: observe(before.any, count.upPackets > known.upPackets, count.downPackets > known.downPackets, nowMs),
    tcp: observe(
      before.tcp,
      opened || count.tcpUpPackets > known.tcpUpPackets,
      count.tcpDownPackets > known.tcpDownPackets,
      nowMs,
    ),
    lastOpenMs: opened ? nowMs : before.lastOpenMs,
    lastLargeMs: cameLarge(known, count) ? nowMs : before.lastLargeMs,
  };
}

const counts = ['upPackets', 'downPackets', 'tcpOpens', 'tcpUpPackets', 'tcpDownPackets', 'tcpDownBytes'] as const;

/** Where packets have so many bytes on average, one of them has at least as many. */
const LARGE_BYTES = 1_200;

function cameLarge(before: TrafficCount, now: TrafficCount): boolean {
  const packets = now.tcpDownPackets - before.tcpDownPackets;
  return packets > 0 && now.tcpDownBytes - before.tcpDownBytes >= packets * LARGE_BYTES;
}

function observe(before: AnswerFacts, up: boolean, down: boolean, nowMs: number): AnswerFacts {
  if (!up && !down) return before;
  return {
    lastUpMs: up ? nowMs : before.lastUpMs,
    lastDownMs: down ? nowMs : before.lastDownMs,
    // Both within one reading: which was first is not known, and an answer is likelier.
    unansweredSinceMs: down ? undefined : (before.unansweredSinceMs ?? nowMs),
    refuted: down ? 0 : before.refuted,
    lastRefutedMs: down ? undefined : before.lastRefutedMs,
  };
}

function withoutStall(facts: AnswerFacts): AnswerFacts {
  return { ...facts, unansweredSinceMs: undefined };
}

const noAnswers: AnswerFacts = {
  lastUpMs: undefined,
  lastDownMs: undefined,
  unansweredSinceMs: undefined,
  refuted: 0,
  lastRefutedMs: undefined,
};

const nothingSeen: Omit<TrafficFacts, 'count'> = {
  ...{ any: noAnswers, tcp: noAnswers },
  ...{ lastOpenMs: undefined, lastLargeMs: undefined },
};

/** A probe of this kind was answered: what goes up unanswered is of the kind that nobody answers. */
export function refuteStall(traffic: TrafficFacts, kind: StallKind, nowMs: number): TrafficFacts {
  const facts = traffic[kind];
  if (facts.unansweredSinceMs === undefined) return traffic;
  return { ...traffic, [kind]: { ...facts, refuted: facts.refuted + 1, lastRefutedMs: nowMs } };
}

/** A stall that is worth a probe: when it began, or when it will have lasted long enough if nothing comes down. */
export type Stall =
  | { readonly kind: 'none' }
  | { readonly kind: 'growing'; readonly ripeAtMs: number }
  | { readonly kind: 'stalled'; readonly sinceMs: number };

/** So long at least must nothing come down. TCP asks for data, which the far end may have to think about. */
const shortestMs: Readonly<Record<StallKind, number>> = { any: STALL_SHORTEST_MS, tcp: TCP_STALL_MS };

/** Whether traffic of a kind goes up and nothing comes down for longer than this path's answers take. */
export function stallOf(
  traffic: TrafficFacts | undefined,
  kind: StallKind,
  answerLimitMs: number | undefined,
  nowMs: number,
): Stall {
  const facts = traffic?.[kind];
  const sinceMs = facts?.unansweredSinceMs;
  if (facts === undefined || sinceMs === undefined) return { kind: 'none' };
  const { lastRefutedMs, lastUpMs = sinceMs, refuted } = facts;
  // Since it was refuted, nothing new has gone up.
  if (lastRefutedMs !== undefined && lastUpMs <= lastRefutedMs) return { kind: 'none' };
  const pauseMs =
    refuted === 0 ? 0 : backoffMs({ firstMs: STALL_PAUSE_FIRST_MS, mostMs: STALL_PAUSE_MOST_MS, attempt: refuted - 1 });
  const ripeAtMs = Math.max(
    sinceMs + Math.max(shortestMs[kind], answerLimitMs ?? 0),
    (lastRefutedMs ?? -Infinity) + pauseMs,
  );
  return nowMs >= ripeAtMs ? { kind: 'stalled', sinceMs } : { kind: 'growing', ripeAtMs };
}
