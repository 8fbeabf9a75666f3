import { backoffMs } from '../../clock/index.js';
import { learnedLimitMs, type Suspicion, type Health, type TestRecord, type ProbeKind } from '../health/index.js';
import type { BudgetState } from './budget.js';
import {
  initialKeepalives,
  initialKeepaliveSpacingMs,
  suspectShortestMs,
  suspectSpacingMs,
  fullLimitMs,
  fullRetryMs,
  longestLimitMs,
  patientSpacingMs,
  quietAfterMs,
  returningKeepaliveMs,
  spentGapMs,
  type Pace,
} from './pace.js';
import { stallOf, type TrafficFacts } from './traffic.js';

/** What a port is to those who follow a target over it. */
export type PortRole =
  | { readonly kind: 'in-use' }
  /**
   * Somebody's port is suspect or does not work, and this one may be next: what it showed before `sinceMs` is too old.
   * A keepalive probe will do where that port is silent, and not where the target refuses.
   */
  | { readonly kind: 'wanted'; readonly sinceMs: number; readonly probeKind: ProbeKind }
  /** It works again, and has to go on doing so for a while before it is used. */
  | { readonly kind: 'returning' }
  | { readonly kind: 'standby' };

/** Everything that the next test of one target over one port depends on. Times are monotonic milliseconds. */
export interface TestSituation {
  /** Since when link and address have been there; undefined: they are not. */
  readonly validSinceMs: number | undefined;
  readonly record: TestRecord;
  readonly health: Health;
  readonly role: PortRole;
  readonly pace: Pace;
  readonly target: {
    /** Its own test is a single packet and its answer. */
    readonly light: boolean;
    /** As configured; undefined: as the pace says. */
    readonly intervalMs: number | undefined;
    readonly timeoutMs: number | undefined;
    /** An address to send keepalive probes to is known. */
    readonly canSendKeepalive: boolean;
    /** They may go out between full tests, and not only where it is suspect. */
    readonly calmKeepalives: boolean;
  };
  readonly traffic: TrafficFacts | undefined;
  readonly inFlight: readonly { readonly probeKind: ProbeKind; readonly startedMs: number }[];
  readonly budget: BudgetState;
  /** A person asked for a test then. */
  readonly requestedMs: number | undefined;
}

export type TestCause = 'requested' | 'first' | 'interval' | 'suspect' | 'stall' | 'wanted' | 'recovery';

/** What to do now. Waiting has an end unless only an event can change something. */
export type NextTest =
  | { readonly kind: 'start'; readonly probeKind: ProbeKind; readonly limitMs: number; readonly cause: TestCause }
  | { readonly kind: 'wait'; readonly untilMs: number | undefined };

/** The next test of one target over one port. Pure: the same situation at the same time gives the same answer. */
export function nextTest(situation: TestSituation, nowMs: number): NextTest {
  const { validSinceMs, health, requestedMs } = situation;
  if (validSinceMs === undefined) return waitForEvent;
  const { full, any } = starts(situation, validSinceMs);
  if (requestedMs !== undefined && (full.lastMs ?? -Infinity) < requestedMs) {
    return full.busy ? waitForEvent : start(situation, 'full', 'requested');
  }
  switch (health.state) {
    case 'untested':
      return untested(situation, full, nowMs);
    case 'working':
      return working(situation, health, full, any, nowMs);
    case 'failing':
      return failing(situation, health, full, any, nowMs);
  }
}

const waitForEvent: NextTest = { kind: 'wait', untilMs: undefined };

/** A budget that is used up fills by a few hundred bytes in this time. */
const budgetRecheckMs = 60_000;

/** When attempts of one kind began and ended, and whether one is under way. */
interface Starts {
  readonly lastMs: number | undefined;
  readonly lastEndMs: number | undefined;
  readonly busy: boolean;
}

function starts(
  { record, inFlight }: TestSituation,
  validSinceMs: number,
): { readonly full: Starts; readonly any: Starts } {
  const valid = record.outcomes.filter(({ startedMs }) => startedMs >= validSinceMs);
  const of = (probeKinds: readonly ProbeKind[]): Starts => {
    const ended = valid.filter(({ probeKind }) => probeKinds.includes(probeKind));
    const running = inFlight.filter(({ probeKind }) => probeKinds.includes(probeKind));
    const begun = [...ended, ...running].map(({ startedMs }) => startedMs);
    return {
      lastMs: begun.length === 0 ? undefined : Math.max(...begun),
      lastEndMs: ended.length === 0 ? undefined : Math.max(...ended.map(({ endedMs }) => endedMs)),
      busy: running.length > 0,
    };
  };
  return { full: of(['full']), any: of(['full', 'keepalive']) };
}

/** Nothing is known yet: the full test, at once; after a failure again, ever more slowly. */
function untested(situation: TestSituation, full: Starts, nowMs: number): NextTest {
  if (full.busy) return waitForEvent;
  if (full.lastEndMs === undefined) return start(situation, 'full', 'first');
  const { health, pace } = situation;
  const failed = health.state === 'untested' ? (health.suspicion?.failed ?? health.suspicion?.silences ?? 1) : 1;
  const afterMs = situation.budget === 'spent' ? spentGapMs : backoff(failed, pace);
  return startAt(full.lastEndMs + afterMs, situation, 'full', 'first', nowMs);
}

function working(
  situation: TestSituation,
  health: Extract<Health, { state: 'working' }>,
  full: Starts,
  any: Starts,
  nowMs: number,
): NextTest {
  const { role, record, traffic, pace } = situation;
  const { suspicion, silencesNeeded: needed } = health;
  if (suspicion !== undefined && suspicion.silences > 0) return silent(situation, suspicion, needed, full, nowMs);
  if (suspicion !== undefined) {
    if (full.busy) return waitForEvent;
    return startAt((full.lastEndMs ?? 0) + backoff(suspicion.failed, pace), situation, 'full', 'suspect', nowMs);
  }
  const stall = role.kind === 'in-use' ? stallOf(traffic, answerLimit(situation), nowMs) : noStall;
  // It has lasted already: as many attempts as a verdict takes go out before any has been missed.
  if (stall.kind === 'stalled') return burst(situation, { sinceMs: nowMs, silences: 0, needed, cause: 'stall' }, nowMs);
  if (role.kind === 'wanted' && lastAnswer(record, role.probeKind) < role.sinceMs) {
    if (role.probeKind === 'full') return full.busy ? waitForEvent : start(situation, 'full', 'wanted');
    return burst(situation, { sinceMs: role.sinceMs, silences: 0, needed: 1, cause: 'wanted' }, nowMs);
  }
  const calm = whenCalm(situation, full, any, nowMs);
  if (stall.kind === 'growing' && calm.kind === 'wait') return waitUntil(earliest(calm.untilMs, stall.ripeAtMs));
  return calm;
}

const noStall = { kind: 'none' } as const;

/** When a full test, or anything at all (`keepalive`), was answered last. */
function lastAnswer({ outcomes, lastSucceeded }: TestRecord, probeKind: ProbeKind): number {
  if (probeKind === 'keepalive') return lastSucceeded?.atMs ?? -Infinity;
  const last = outcomes.findLast((one) => one.probeKind === 'full' && one.result.kind === 'answered');
  return last?.endedMs ?? -Infinity;
}

/** Something was not answered: ask again and again in quick succession, until there is an answer or a verdict. */
function silent(
  situation: TestSituation,
  { sinceMs, silences }: Suspicion,
  needed: number,
  full: Starts,
  nowMs: number,
): NextTest {
  const { target, inFlight, budget } = situation;
  const quick = burst(situation, { sinceMs, silences, needed, cause: 'suspect' }, nowMs);
  if (quick.kind === 'start' || target.light || full.busy || budget !== 'ample') return quick;
  if ((full.lastMs ?? -Infinity) >= sinceMs) return quick;
  // What a keepalive probe does not get through, a connection may: the last word before a verdict.
  const limitMs = answerLimit(situation) ?? longestLimitMs;
  const overdueAtMs = inFlight.map(({ startedMs }) => startedMs + limitMs).sort((a, b) => a - b);
  const missing = Math.ceil(needed / 2) - silences;
  const dueMs = missing <= 0 ? nowMs : overdueAtMs[missing - 1];
  if (dueMs !== undefined && dueMs <= nowMs) return start(situation, 'full', 'suspect');
  return waitUntil(earliest(quick.untilMs, dueMs));
}

interface Burst {
  /** When it became suspect: so long has nothing been answered. */
  readonly sinceMs: number;
  readonly silences: number;
  readonly needed: number;
  readonly cause: TestCause;
}

/** The next of as many quick attempts as a verdict needs, or as patience asks for. They overlap, and end together. */
function burst(situation: TestSituation, { sinceMs, silences, needed, cause }: Burst, nowMs: number): NextTest {
  const { inFlight, record, pace } = situation;
  const probeKind = quickProbeKind(situation);
  const running = inFlight.filter((attempt) => attempt.probeKind === probeKind);
  const enough = silences + running.length >= needed;
  // An attempt that only patience asks for follows when the one before has gone without an answer.
  if (enough && (pace.patienceMs === 0 || running.length > 0)) return waitForEvent;
  const lastMs = Math.max(
    ...[...record.outcomes.filter((outcome) => outcome.probeKind === probeKind), ...running].map(
      ({ startedMs }) => startedMs,
    ),
    -Infinity,
  );
  const dueMs = lastMs + (enough ? patientSpacingMs : suspectSpacingMs);
  if (dueMs > nowMs) return waitUntil(dueMs);
  const limitMs = answerLimit(situation) ?? longestLimitMs;
  const beganMs = Math.min(sinceMs, ...running.map(({ startedMs }) => startedMs));
  const reserveMs = Math.max(suspectShortestMs, 2 * limitMs) - (nowMs - beganMs);
  return { kind: 'start', probeKind, limitMs: Math.max(limitMs, reserveMs), cause };
}

/** Signs of life at the pace of the port's role; traffic that is answered is one, too. */
function whenCalm(situation: TestSituation, full: Starts, any: Starts, nowMs: number): NextTest {
  const { target, pace, budget, record, traffic } = situation;
  if (budget !== 'ample') return waitUntil(nowMs + budgetRecheckMs);
  const keepaliveMs = keepaliveInterval(situation, nowMs);
  const fullDueMs = (full.lastMs ?? 0) + (target.intervalMs ?? (target.light ? keepaliveMs : pace.fullMs));
  const fullDue = full.busy ? undefined : fullDueMs;
  const keepalives = target.canSendKeepalive && target.calmKeepalives && !target.light;
  const lastSignMs = Math.max(record.lastSucceeded?.atMs ?? 0, traffic?.lastDownMs ?? 0, any.lastMs ?? 0);
  const known = record.outcomes.filter((one) => one.probeKind === 'keepalive' && one.result.kind === 'answered').length;
  const keepaliveAtMs =
    known < initialKeepalives ? (any.lastMs ?? 0) + initialKeepaliveSpacingMs : lastSignMs + keepaliveMs;
  const keepaliveDue = keepalives && !any.busy ? keepaliveAtMs : undefined;
  if (fullDue !== undefined && fullDue <= nowMs) return start(situation, 'full', 'interval');
  if (keepaliveDue !== undefined && keepaliveDue <= nowMs) return start(situation, 'keepalive', 'interval');
  return waitUntil(earliest(fullDue, keepaliveDue));
}

function keepaliveInterval({ role, pace, traffic, validSinceMs }: TestSituation, nowMs: number): number {
  if (role.kind === 'returning') return Math.min(pace.keepaliveInUseMs, returningKeepaliveMs);
  if (role.kind !== 'in-use') return pace.keepaliveStandbyMs;
  const lastTrafficMs = Math.max(traffic?.lastUpMs ?? 0, traffic?.lastDownMs ?? 0, validSinceMs ?? 0);
  return nowMs - lastTrafficMs < quietAfterMs ? pace.keepaliveInUseMs : pace.keepaliveQuietMs;
}

/** It does not work: ask ever more seldom, and with a full test as soon as anything answers. */
function failing(
  situation: TestSituation,
  health: Extract<Health, { state: 'failing' }>,
  full: Starts,
  any: Starts,
  nowMs: number,
): NextTest {
  const { record, pace, role, budget } = situation;
  const answeredMs = record.lastSucceeded?.atMs ?? -Infinity;
  const signOfLife = health.recovering || answeredMs > Math.max(health.sinceMs, full.lastMs ?? -Infinity);
  const mostMs =
    role.kind === 'standby' || budget !== 'ample' ? pace.recoverMostMs : Math.min(2_000, pace.recoverMostMs);
  // A tenth of the time that it has been down: an outage lasts at most a tenth longer for it.
  const bestGapMs = Math.min(Math.max((nowMs - health.sinceMs) / 10, pace.recoverFirstMs), mostMs);
  const gapMs = budget === 'spent' ? spentGapMs : bestGapMs;
  if (signOfLife || health.cause === 'test') {
    if (full.busy) return waitForEvent;
    const afterMs = signOfLife ? pace.recoverFirstMs : Math.max(gapMs, 4 * pace.recoverFirstMs);
    return startAt((full.lastEndMs ?? 0) + afterMs, situation, 'full', 'recovery', nowMs);
  }
  const probeKind = quickProbeKind(situation);
  if (any.busy && probeKind === 'full') return waitForEvent;
  return startAt((any.lastMs ?? 0) + gapMs, situation, probeKind, 'recovery', nowMs);
}

function quickProbeKind({ target }: TestSituation): ProbeKind {
  return target.light || !target.canSendKeepalive ? 'full' : 'keepalive';
}

/** How long the path takes to answer a packet, or else to answer in full; undefined where it never has. */
function answerLimit(situation: TestSituation): number | undefined {
  const { outcomes } = situation.record;
  const learnedMs = learnedLimitMs(outcomes, quickProbeKind(situation)) ?? learnedLimitMs(outcomes, 'full');
  return learnedMs === undefined ? undefined : Math.min(learnedMs, longestLimitMs);
}

function backoff(failures: number, { recoverMostMs: mostMs }: Pace): number {
  return backoffMs({ firstMs: fullRetryMs, mostMs, attempt: failures - 1 });
}

function start(situation: TestSituation, probeKind: ProbeKind, cause: TestCause): NextTest {
  return { kind: 'start', probeKind, limitMs: limitOf(situation, probeKind), cause };
}

function limitOf(situation: TestSituation, probeKind: ProbeKind): number {
  const { target } = situation;
  if (probeKind === 'full' && !target.light) return target.timeoutMs ?? fullLimitMs;
  return Math.min(answerLimit(situation) ?? longestLimitMs, target.timeoutMs ?? Infinity);
}

function startAt(
  dueMs: number,
  situation: TestSituation,
  probeKind: ProbeKind,
  cause: TestCause,
  nowMs: number,
): NextTest {
  return dueMs <= nowMs ? start(situation, probeKind, cause) : waitUntil(dueMs);
}

function waitUntil(untilMs: number | undefined): NextTest {
  return { kind: 'wait', untilMs };
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
