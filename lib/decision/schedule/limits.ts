import { learnedLimitMs, type ProbeKind } from '../health/index.js';
import { FULL_LIMIT_MS, LONGEST_LIMIT_MS, SUSPECT_FULL_LONGEST_MS, SUSPECT_FULL_SHORTEST_MS } from './pace.js';
import type { TestSituation } from './situation.js';

export function quickProbeKind({ target }: TestSituation): 'full' | 'keepalive' {
  return target.light || target.keepalive.kind === 'none' ? 'full' : 'keepalive';
}

/** The cheapest attempt whose answer proves the path. */
export function quickProof({ target }: TestSituation): 'full' | 'keepalive' {
  return target.light || target.keepalive.kind !== 'echo' ? 'full' : 'keepalive';
}

/** How long the path takes to answer a packet, or else to answer in full; undefined where it never has. */
export function answerLimit(situation: TestSituation): number | undefined {
  const { outcomes } = situation.record;
  const learnedMs = learnedLimitMs(outcomes, quickProbeKind(situation)) ?? learnedLimitMs(outcomes, 'full');
  return learnedMs === undefined ? undefined : Math.min(learnedMs, LONGEST_LIMIT_MS);
}

/** A full test is so many round trips: connection, TLS, request. */
const FULL_ROUND_TRIPS = 5;

/** Of a full test whose answer somebody waits for. `patient`: lost packets may make it late. */
export function suspectFullLimit(situation: TestSituation, patient: boolean): number {
  const { target, record } = situation;
  if (target.light) return limitOf(situation, 'full');
  const learnedMs = patient ? undefined : learnedLimitMs(record.outcomes, 'full');
  const limitMs = Math.min(Math.max(learnedMs ?? Infinity, SUSPECT_FULL_SHORTEST_MS), SUSPECT_FULL_LONGEST_MS);
  return Math.min(Math.max(limitMs, slowPathLimit(situation)), target.timeoutMs ?? Infinity);
}

/** Of a path that works and loses nothing, as it is learned: whether one that takes longer fails, more of them tell. */
function fullLimit(situation: TestSituation): number {
  const { health } = situation;
  if (health.state === 'working' && !health.lossy) return suspectFullLimit(situation, false);
  return Math.max(FULL_LIMIT_MS, slowPathLimit(situation));
}

/** A path that is slow is slow in full, too. */
function slowPathLimit(situation: TestSituation): number {
  return FULL_ROUND_TRIPS * (answerLimit(situation) ?? 0);
}

/**
 * A large packet takes longer over a thin line; and a full test in its place has several round trips, of which a line
 * that loses packets makes TCP repeat some.
 */
export function sizeLimit(situation: TestSituation): number {
  const { health } = situation;
  if (health.state === 'working' && health.lossy) return SUSPECT_FULL_LONGEST_MS;
  const learnedMs = 2 * (answerLimit(situation) ?? LONGEST_LIMIT_MS);
  return Math.min(Math.max(learnedMs, SUSPECT_FULL_SHORTEST_MS), SUSPECT_FULL_LONGEST_MS);
}

export function limitOf(situation: TestSituation, probeKind: ProbeKind): number {
  const { target } = situation;
  if (probeKind === 'size') return sizeLimit(situation);
  if (probeKind === 'full' && !target.light) return target.timeoutMs ?? fullLimit(situation);
  return Math.min(answerLimit(situation) ?? LONGEST_LIMIT_MS, target.timeoutMs ?? Infinity);
}
