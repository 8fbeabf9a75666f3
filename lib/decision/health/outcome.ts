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
 * - `size`: large packets are lost, and small ones come through
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
  'size',
] as const;

export type FailureKind = (typeof failureKinds)[number];

/**
 * `full`: the target's own test, e.g. an HTTPS request. `keepalive`: one packet to the same address and one back;
 * cheap, and says nothing of what is behind the address. `size`: the same with packets as large as apps send them.
 */
export type ProbeKind = 'full' | 'keepalive' | 'size';

/**
 * What an attempt asks, and so what an answer to it proves:
 *
 * - `path`: an echo reply from the target's own address. Nobody else gives one.
 * - `tcp`: a connection is accepted. Anybody on the way may do that (a portal, an accelerator), so it is a sign of life
 *   that proves nothing of the target, but where the target's own test is no more than that.
 * - `application`: the target has answered by itself, for https with the proof of TLS; all below is proved with it.
 * - `size`: a packet of full size has come through both ways.
 *
 * What routers on the way say (unreachable, time exceeded) is no answer: it counts as silence.
 */
export type Layer = 'path' | 'tcp' | 'application' | 'size';

/** One attempt and what came of it. Times are monotonic milliseconds. */
export interface TestOutcome {
  readonly probeKind: ProbeKind;
  readonly layer: Layer;
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
  /** The same of TCP segments with data alone: other packets say nothing of TCP. */
  readonly tcpAnsweredMs?: number | undefined;
}

/** An accepted connection, which anybody on the way may give: a sign of life, and no proof. */
export function isWeak({ probeKind, layer }: Pick<TestOutcome, 'probeKind' | 'layer'>): boolean {
  return probeKind === 'keepalive' && layer === 'tcp';
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
  /** An accepted connection that is no proof does not count. */
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
export const outcomesKept: Readonly<Record<ProbeKind, number>> = { full: 120, keepalive: 240, size: 24 };

/** The record with one more outcome. */
export function withOutcome(record: TestRecord, outcome: TestOutcome): TestRecord {
  const { probeKind, result, endedMs: atMs } = outcome;
  const ofSameKind = record.outcomes.reduce((count, one) => count + Number(one.probeKind === probeKind), 0);
  const oldest =
    ofSameKind < outcomesKept[probeKind] ? -1 : record.outcomes.findIndex((one) => one.probeKind === probeKind);
  const outcomes = [...record.outcomes.filter((_, index) => index !== oldest), outcome];
  if (result.kind === 'answered' && isWeak(outcome)) return { ...record, outcomes };
  return result.kind === 'answered'
    ? { ...record, outcomes, lastSucceeded: { atMs, latencyMs: result.latencyMs } }
    : { ...record, outcomes, lastFailed: { atMs, failure: result.failure, detail: result.detail } };
}
