import type { QualityThresholds } from '../../configuration/index.js';
import { smoothRoundTrip } from './latency.js';
import type { ProbeKind, TestOutcome } from './outcome.js';

/**
 * How well a path that works does, by the thresholds of somebody. `poor`: it has reached one of them, and has not been
 * below all lower values since. `good`: it is below all of them. `unknown`: between them, too few attempts to say, or
 * nobody wants to know.
 */
export type Quality = { readonly kind: 'unknown' } | Measured;

interface Measured {
  readonly kind: 'good' | 'poor';
  /** Share of attempts without an answer, in percent. */
  readonly lossPercent: number;
  /** Smoothed round trip; undefined: nothing was answered. */
  readonly latencyMs: number | undefined;
}

/**
 * Of attempts that began within this time, only the first counts: what follows a silence in quick succession would else
 * weigh as much as a minute, and those of them that are answered would hide it.
 */
const SLOT_MS = 1_000;

/**
 * Losses are counted among so many slots. Of a path that loses 5 %, 12 of 60 (a threshold of 20 %) are lost by chance
 * once in 30,000 times; of one that loses 26 %, fewer than 5 (8 %) once in 3,000. With 20 it would be once in 60.
 */
const SLOTS_IN_WINDOW = 60;

/** Fewer say nothing good of a path: with ten, one that loses a quarter looks clean once in 18 times. */
const SLOTS_FOR_GOOD = 10;

/** A packet of full size may be lost where others are not: that is another matter. */
const measures: Readonly<Record<ProbeKind, boolean>> = { full: true, keepalive: true, size: false };

/**
 * Reads loss and latency from the outcomes since `validSinceMs`, oldest first, with hysteresis: `poor` from the attempt
 * on at which loss or latency reaches its threshold, until both are below their lower values over a whole window. By
 * attempts and not by the clock: time alone changes nothing. Latency is that of keepalive probes where there are any
 * (one packet and one back), else that of full tests.
 */
export function qualityOf(
  outcomes: readonly TestOutcome[],
  thresholds: QualityThresholds,
  validSinceMs: number | undefined,
): Quality {
  if (validSinceMs === undefined) return unknown;
  const valid = outcomes
    .filter(({ startedMs, result, probeKind }) => {
      const isTest = result.kind === 'answered' || result.failure !== 'local';
      return isTest && startedMs >= validSinceMs && measures[probeKind];
    })
    // They are kept in the order of their ends, and a silence takes longer than an answer.
    .sort((one, other) => one.startedMs - other.startedMs);
  const hasKeepalives = valid.some(({ probeKind, result }) => probeKind === 'keepalive' && result.kind === 'answered');
  const timed = hasKeepalives ? 'keepalive' : 'full';
  const { lossPercent, latencyMs } = thresholds;
  let slots: readonly Slot[] = [];
  let roundTripMs = 0;
  let answers = 0;
  let isPoor = false;
  for (const outcome of valid) {
    slots = withAttempt(slots, outcome);
    if (outcome.probeKind === timed && outcome.result.kind === 'answered') {
      roundTripMs = smoothRoundTrip(answers === 0 ? undefined : roundTripMs, outcome.result.latencyMs);
      answers += 1;
    }
    const isSlow = latencyMs !== undefined && answers >= SLOTS_FOR_GOOD && roundTripMs >= latencyMs.poorFrom;
    // Against the whole window, however few slots there are: a heavy loss shows soon, and chance does not.
    const isLossy = lossPercent !== undefined && 100 * lostIn(slots) >= lossPercent.poorFrom * SLOTS_IN_WINDOW;
    const isBelow = isBelowAll(thresholds, slots, roundTripMs);
    isPoor = isSlow || isLossy || (isPoor && !(isBelow && slots.length === SLOTS_IN_WINDOW));
  }
  const measured = { lossPercent: lossOf(slots), latencyMs: answers === 0 ? undefined : roundTripMs };
  if (isPoor) return { kind: 'poor', ...measured };
  const isGood = slots.length >= SLOTS_FOR_GOOD && isBelowAll(thresholds, slots, roundTripMs);
  return isGood ? { kind: 'good', ...measured } : unknown;
}

const unknown: Quality = { kind: 'unknown' };

function isBelowAll(
  { lossPercent, latencyMs }: QualityThresholds,
  slots: readonly Slot[],
  roundTripMs: number,
): boolean {
  return (
    (lossPercent === undefined || lossOf(slots) < lossPercent.goodBelow) &&
    (latencyMs === undefined || roundTripMs < latencyMs.goodBelow)
  );
}

/** The first attempt of a while. */
interface Slot {
  readonly beganMs: number;
  readonly lost: boolean;
}

function withAttempt(slots: readonly Slot[], { startedMs, result }: TestOutcome): readonly Slot[] {
  if (startedMs < (slots.at(-1)?.beganMs ?? -Infinity) + SLOT_MS) return slots;
  // Who refuses has answered.
  const lost = result.kind === 'failed' && result.silent;
  return [...slots, { beganMs: startedMs, lost }].slice(-SLOTS_IN_WINDOW);
}

function lostIn(slots: readonly Slot[]): number {
  return slots.filter(({ lost }) => lost).length;
}

/** In percent. */
function lossOf(slots: readonly Slot[]): number {
  return slots.length === 0 ? 0 : (100 * lostIn(slots)) / slots.length;
}
