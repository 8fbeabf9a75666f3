/** Packets of a stream that were lost in a row. */
export interface Outage {
  /** When the last packet before it was sent that has been answered. */
  readonly lastAnsweredMs: number;
  /** When the first packet after it was sent that has been answered; undefined while it lasts. */
  readonly nextAnsweredMs: number | undefined;
  readonly lostPackets: number;
  /**
   * Between those two, so at most: a pause of the sender beside the loss counts in. While it lasts, up to the newest
   * packet that should have been answered by now.
   */
  readonly durationMs: number;
  /** Between the sending of the first and of the last lost packet, so at least; 0 for a single one. */
  readonly atLeastMs: number;
}

/** A stream's packets in order of their sequence numbers, which is the order in which they were sent. */
export interface PacketLog {
  readonly count: number;
  sentMs(sequence: number): number;
  answered(sequence: number): boolean;
}

export interface Losses {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly outages: readonly Outage[];
  readonly longestOutageMs: number;
}

/**
 * Finds what was lost among the packets sent within [sinceMs, untilMs]. An outage is measured by the sending times of
 * the answered packets around it, so it is exact to one packet's interval, counts a lost request like a lost answer,
 * and a pause of the sender without any loss is none. Packets younger than `graceMs` at `nowMs`, and unanswered, are
 * left out: their answer may still come.
 */
export function findLosses(
  log: PacketLog,
  window: { readonly sinceMs: number; readonly untilMs: number; readonly nowMs: number; readonly graceMs: number },
): Losses {
  const first = firstSentAt(log, window.sinceMs);
  const outages: Outage[] = [];
  let answered = 0;
  let lost = 0;
  let sequence = first;
  let lastAnsweredMs: number | undefined;
  let runLength = 0;
  let runEndMs = 0;
  let runBeginMs = 0;
  for (; sequence < log.count; sequence += 1) {
    const sentMs = log.sentMs(sequence);
    if (log.answered(sequence)) {
      if (runLength > 0) {
        outages.push(outage(lastAnsweredMs ?? runBeginMs, sentMs, runLength, sentMs, runEndMs - runBeginMs));
        runLength = 0;
      }
      if (sentMs > window.untilMs) break;
      lastAnsweredMs = sentMs;
      answered += 1;
      continue;
    }
    // Beyond the window only the end of a run that began within it is of interest.
    if (sentMs > window.untilMs && runLength === 0) break;
    if (sentMs > window.nowMs - window.graceMs) break;
    if (sentMs <= window.untilMs) lost += 1;
    if (runLength === 0) runBeginMs = sentMs;
    runLength += 1;
    runEndMs = sentMs;
  }
  if (runLength > 0) {
    const next = nextAnswered(log, sequence);
    outages.push(outage(lastAnsweredMs ?? runBeginMs, next, runLength, next ?? runEndMs, runEndMs - runBeginMs));
  }
  return {
    sent: answered + lost,
    answered,
    lost,
    outages,
    longestOutageMs: outages.reduce((longest, { durationMs }) => Math.max(longest, durationMs), 0),
  };
}

function outage(
  lastAnsweredMs: number,
  nextAnsweredMs: number | undefined,
  lostPackets: number,
  endMs: number,
  atLeastMs: number,
): Outage {
  return { lastAnsweredMs, nextAnsweredMs, lostPackets, durationMs: endMs - lastAnsweredMs, atLeastMs };
}

/** The first answered packet from `sequence` on: beyond packets that are too young to be judged. */
function nextAnswered(log: PacketLog, sequence: number): number | undefined {
  for (let later = sequence; later < log.count; later += 1) {
    if (log.answered(later)) return log.sentMs(later);
  }
  return undefined;
}

/** The first sequence number sent at `timeMs` or later, by bisection. */
export function firstSentAt(log: PacketLog, timeMs: number): number {
  let low = 0;
  let high = log.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (log.sentMs(middle) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
