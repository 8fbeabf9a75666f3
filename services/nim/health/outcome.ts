/**
 * What went wrong, one word for each thing that a person would do something else about. The words of
 * nim.v1.TestFailureKind.
 */
export const failureKinds = [
  'no-gateway',
  'dns',
  'refused',
  'timeout',
  'unreachable',
  'reset',
  'tls',
  'portal',
  'http',
  'local',
] as const;

export type FailureKind = (typeof failureKinds)[number];

/**
 * `full`: the target's own test, e.g. an HTTPS request. `pulse`: one packet to the same address and one back; cheap, and
 * says nothing of what is behind the address.
 */
export type TestStep = 'full' | 'pulse';

/** One attempt and what came of it. Times are monotonic milliseconds. */
export interface TestOutcome {
  readonly step: TestStep;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly result:
    | { readonly kind: 'answered'; readonly latencyMs: number }
    | { readonly kind: 'failed'; readonly failure: FailureKind; readonly detail: string };
}

/** Everything that is known from testing one target over one port: facts only. */
export interface TestRecord {
  /** Oldest first, by the time of their end; bounded. */
  readonly outcomes: readonly TestOutcome[];
  readonly lastSucceeded: { readonly atMs: number; readonly latencyMs: number } | undefined;
  readonly lastFailed: { readonly atMs: number; readonly failure: FailureKind; readonly detail: string } | undefined;
}

export const emptyRecord: TestRecord = { outcomes: [], lastSucceeded: undefined, lastFailed: undefined };

/**
 * So many outcomes are kept. Enough for the longest run of silence that a verdict asks for (48, see `silencesNeeded`)
 * and for a loss rate that means something before it.
 */
export const outcomesKept = 160;

/** The record with one more outcome. */
export function withOutcome(record: TestRecord, outcome: TestOutcome): TestRecord {
  const outcomes = [...record.outcomes.slice(1 - outcomesKept), outcome];
  const { result, endedMs: atMs } = outcome;
  return result.kind === 'answered'
    ? { ...record, outcomes, lastSucceeded: { atMs, latencyMs: result.latencyMs } }
    : { ...record, outcomes, lastFailed: { atMs, failure: result.failure, detail: result.detail } };
}

/** Nothing came back, which a lost packet explains as well as a dead path. */
export function isSilence(failure: FailureKind): boolean {
  return failure === 'timeout' || failure === 'no-gateway';
}
