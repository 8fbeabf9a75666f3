/**
 * What went wrong, one word for each thing that a person would do something else about: common.TestFailureKind.
 *
 * - `no-gateway`: there is no gateway, or it does not answer on the link (ARP, neighbour discovery)
 * - `dns`: the port's name servers do not tell an address
 * - `refused`: the host is there, and nobody listens
 * - `timeout`: nothing came back
 * - `unreachable`: a router on the way says that there is no way
 * - `reset`: the connection was ended before there was an answer
 * - `tls`: no TLS, or not the certificate of whom we asked
 * - `portal`: somebody wants a login first
 * - `http`: what answered does not speak HTTP
 * - `local`: this device could not try; says nothing of the port
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
 * `full`: the target's own test, e.g. an HTTPS request. `keepalive`: one packet to the same address and one back;
 * cheap, and says nothing of what is behind the address.
 */
export type ProbeKind = 'full' | 'keepalive';

/** One attempt and what came of it. Times are monotonic milliseconds. */
export interface TestOutcome {
  readonly probeKind: ProbeKind;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly result:
    | { readonly kind: 'answered'; readonly latencyMs: number }
    | {
        readonly kind: 'failed';
        readonly failure: FailureKind;
        readonly detail: string;
        /** Nothing at all came back, which a packet that was lost explains as well as a dead path. */
        readonly silent: boolean;
      };
  /**
   * When, as of its end, the apps' own packets had last been answered over the port; undefined: never, or nobody
   * counts.
   */
  readonly trafficAnsweredMs: number | undefined;
}

/** Everything that is known from testing one target over one port: facts only. */
export interface TestRecord {
  /** When testing began. */
  readonly begunMs: number;
  /**
   * Oldest first, by the time of their end; bounded, each step by itself: keepalive probes never push out what the last
   * full tests showed.
   */
  readonly outcomes: readonly TestOutcome[];
  readonly lastSucceeded: { readonly atMs: number; readonly latencyMs: number } | undefined;
  readonly lastFailed: { readonly atMs: number; readonly failure: FailureKind; readonly detail: string } | undefined;
}

/** The record of a target whose tests begin now. */
export function newRecord(nowMs: number): TestRecord {
  return { begunMs: nowMs, outcomes: [], lastSucceeded: undefined, lastFailed: undefined };
}

/**
 * So many outcomes of each step are kept. Enough for the longest run of silence that a verdict asks for (48, see
 * `silencesNeeded`), for the longest runs that can be configured (100), and for a loss rate that means something.
 */
export const outcomesKept: Readonly<Record<ProbeKind, number>> = { full: 120, keepalive: 160 };

/** The record with one more outcome. */
export function withOutcome(record: TestRecord, outcome: TestOutcome): TestRecord {
  const { probeKind, result, endedMs: atMs } = outcome;
  const ofSameKind = record.outcomes.reduce((count, one) => count + Number(one.probeKind === probeKind), 0);
  const oldest =
    ofSameKind < outcomesKept[probeKind] ? -1 : record.outcomes.findIndex((one) => one.probeKind === probeKind);
  const outcomes = [...record.outcomes.filter((_, index) => index !== oldest), outcome];
  return result.kind === 'answered'
    ? { ...record, outcomes, lastSucceeded: { atMs, latencyMs: result.latencyMs } }
    : { ...record, outcomes, lastFailed: { atMs, failure: result.failure, detail: result.detail } };
}
