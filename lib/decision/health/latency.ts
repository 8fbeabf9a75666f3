import type { TestOutcome, ProbeKind } from './outcome.js';

/** Below this a busy processor, ours or the far end's, is as good an explanation as a dead path. */
const SHORTEST_LIMIT_MS = 200;

/** Gains of RFC 6298, section 2. */
const SMOOTHING = 1 / 8;
const VARIATION = 1 / 4;

/** What was answered within so many attempts counts; a path changes with weather and load. */
const SAMPLES_MAX = 32;

/**
 * How long to wait for an answer: learned from the answers of the same kind, as TCP does it (RFC 6298: smoothed round
 * trip plus four times its variation), and never less than half again the slowest of them. Undefined where nothing has
 * been answered yet.
 */
export function learnedLimitMs(outcomes: readonly TestOutcome[], probeKind: ProbeKind): number | undefined {
  let smoothedMs: number | undefined;
  let variationMs = 0;
  let slowestMs = 0;
  for (const latencyMs of latencies(outcomes, probeKind)) {
    slowestMs = Math.max(slowestMs, latencyMs);
    if (smoothedMs === undefined) {
      variationMs = latencyMs / 2;
    } else {
      variationMs = (1 - VARIATION) * variationMs + VARIATION * Math.abs(smoothedMs - latencyMs);
    }
    smoothedMs = smoothRoundTrip(smoothedMs, latencyMs);
  }
  if (smoothedMs === undefined) return undefined;
  return Math.max(SHORTEST_LIMIT_MS, smoothedMs + 4 * variationMs, 1.5 * slowestMs);
}

/** The smoothed round trip after one more answer (RFC 6298, section 2); undefined: this is the first. */
export function smoothRoundTrip(smoothedMs: number | undefined, latencyMs: number): number {
  return smoothedMs === undefined ? latencyMs : (1 - SMOOTHING) * smoothedMs + SMOOTHING * latencyMs;
}

function latencies(outcomes: readonly TestOutcome[], probeKind: ProbeKind): readonly number[] {
  const answered = outcomes
    .filter((outcome) => outcome.probeKind === probeKind && outcome.result.kind === 'answered')
    .slice(-SAMPLES_MAX);
  const usual = probeKind === 'full' ? answered.filter((outcome) => !outlastedSilence(outcome, outcomes)) : answered;
  return usual.flatMap(({ result }) => (result.kind === 'answered' ? [result.latencyMs] : []));
}

/**
 * Its path was away meanwhile, for what was asked later went unanswered: TCP has repeated its packets until the path
 * was back, and how long that took says nothing of how long answers take.
 */
function outlastedSilence({ startedMs, endedMs }: TestOutcome, outcomes: readonly TestOutcome[]): boolean {
  return outcomes.some(
    ({ result, ...other }) =>
      result.kind === 'failed' && result.silent && other.startedMs >= startedMs && other.endedMs <= endedMs,
  );
}
