import { backoffMs } from '../../clock/index.js';
import { learnedLimitMs, type Doubt, type Health, type TestRecord, type TestStep } from '../health/index.js';
import type { BudgetState } from './budget.js';
import {
  acquaintancePulses,
  acquaintanceSpacingMs,
  doubtShortestMs,
  doubtSpacingMs,
  fullLimitMs,
  fullRetryMs,
  longestLimitMs,
  patientSpacingMs,
  quietAfterMs,
  returningPulseMs,
  spentGapMs,
  type Pace,
} from './pace.js';
import { stallOf, type TrafficFacts } from './traffic.js';

/** What a port is to those who follow a target over it. */
export type PortRole =
  | { readonly kind: 'in-use' }
  /**
   * Somebody's port is in doubt or does not work, and this one may be next: what it showed before `sinceMs` is too old. A pulse will
   * do where that port is silent, and not where the target refuses.
   */
  | { readonly kind: 'wanted'; readonly sinceMs: number; readonly step: TestStep }
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
    /** An address to send pulses to is known. */
    readonly canPulse: boolean;
    /** They may go out between full tests, and not in doubt alone. */
    readonly calmPulses: boolean;
  };
  readonly traffic: TrafficFacts | undefined;
  readonly inFlight: readonly { readonly step: TestStep; readonly startedMs: number }[];
  readonly budget: BudgetState;
  /** A person asked for a test then. */
  readonly requestedMs: number | undefined;
}

export type TestCause = 'requested' | 'first' | 'interval' | 'doubt' | 'stall' | 'wanted' | 'recovery';

/** What to do now. Waiting has an end unless only an event can change something. */
export type NextTest =
  | { readonly kind: 'start'; readonly step: TestStep; readonly limitMs: number; readonly cause: TestCause }
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
const budgetLookMs = 60_000;

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
  const of = (steps: readonly TestStep[]): Starts => {
    const ended = valid.filter(({ step }) => steps.includes(step));
    const running = inFlight.filter(({ step }) => steps.includes(step));
    const begun = [...ended, ...running].map(({ startedMs }) => startedMs);
    return {
      lastMs: begun.length === 0 ? undefined : Math.max(...begun),
      lastEndMs: ended.length === 0 ? undefined : Math.max(...ended.map(({ endedMs }) => endedMs)),
      busy: running.length > 0,
    };
  };
  return { full: of(['full']), any: of(['full', 'pulse']) };
}

/** Nothing is known yet: the full test, at once; after a failure again, ever more slowly. */
function untested(situation: TestSituation, full: Starts, nowMs: number): NextTest {
  if (full.busy) return waitForEvent;
  if (full.lastEndMs === undefined) return start(situation, 'full', 'first');
  const { health, pace } = situation;
  const failed = health.state === 'untested' ? (health.doubt?.failed ?? health.doubt?.silences ?? 1) : 1;
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
  const { doubt, silencesNeeded: needed } = health;
  if (doubt !== undefined && doubt.silences > 0) return silent(situation, doubt, needed, full, nowMs);
  if (doubt !== undefined) {
    if (full.busy) return waitForEvent;
    return startAt((full.lastEndMs ?? 0) + backoff(doubt.failed, pace), situation, 'full', 'doubt', nowMs);
  }
  const stall = role.kind === 'in-use' ? stallOf(traffic, answerLimit(situation), nowMs) : noStall;
  // It has lasted already: as many attempts as a verdict takes go out before any has been missed.
  if (stall.kind === 'stalled') return burst(situation, { sinceMs: nowMs, silences: 0, needed, cause: 'stall' }, nowMs);
  if (role.kind === 'wanted' && lastAnswer(record, role.step) < role.sinceMs) {
    if (role.step === 'full') return full.busy ? waitForEvent : start(situation, 'full', 'wanted');
    return burst(situation, { sinceMs: role.sinceMs, silences: 0, needed: 1, cause: 'wanted' }, nowMs);
  }
  const calm = whenCalm(situation, full, any, nowMs);
  if (stall.kind === 'growing' && calm.kind === 'wait') return waitUntil(earliest(calm.untilMs, stall.ripeAtMs));
  return calm;
}

const noStall = { kind: 'none' } as const;

/** When a full test, or anything at all (`pulse`), was answered last. */
function lastAnswer({ outcomes, lastSucceeded }: TestRecord, step: TestStep): number {
  if (step === 'pulse') return lastSucceeded?.atMs ?? -Infinity;
  const last = outcomes.findLast((one) => one.step === 'full' && one.result.kind === 'answered');
  return last?.endedMs ?? -Infinity;
}

/** Something was not answered: ask again and again in quick succession, until there is an answer or a verdict. */
function silent(
  situation: TestSituation,
  { sinceMs, silences }: Doubt,
  needed: number,
  full: Starts,
  nowMs: number,
): NextTest {
  const { target, inFlight, budget } = situation;
  const quick = burst(situation, { sinceMs, silences, needed, cause: 'doubt' }, nowMs);
  if (quick.kind === 'start' || target.light || full.busy || budget !== 'ample') return quick;
  if ((full.lastMs ?? -Infinity) >= sinceMs) return quick;
  // What a pulse does not get through, a connection may: the last word before a verdict.
  const limitMs = answerLimit(situation) ?? longestLimitMs;
  const overdueAtMs = inFlight.map(({ startedMs }) => startedMs + limitMs).sort((a, b) => a - b);
  const missing = Math.ceil(needed / 2) - silences;
  const dueMs = missing <= 0 ? nowMs : overdueAtMs[missing - 1];
  if (dueMs !== undefined && dueMs <= nowMs) return start(situation, 'full', 'doubt');
  return waitUntil(earliest(quick.untilMs, dueMs));
}

interface Burst {
  /** When the doubt began: so long has nothing been answered. */
  readonly sinceMs: number;
  readonly silences: number;
  readonly needed: number;
  readonly cause: TestCause;
}

/** The next of as many quick attempts as a verdict needs, or as patience asks for. They overlap, and end together. */
function burst(situation: TestSituation, { sinceMs, silences, needed, cause }: Burst, nowMs: number): NextTest {
  const { inFlight, record, pace } = situation;
  const step = quickStep(situation);
  const running = inFlight.filter((attempt) => attempt.step === step);
  const enough = silences + running.length >= needed;
  // An attempt that only patience asks for follows when the one before has gone without an answer.
  if (enough && (pace.patienceMs === 0 || running.length > 0)) return waitForEvent;
  const lastMs = Math.max(
    ...[...record.outcomes.filter((outcome) => outcome.step === step), ...running].map(({ startedMs }) => startedMs),
    -Infinity,
  );
  const dueMs = lastMs + (enough ? patientSpacingMs : doubtSpacingMs);
  if (dueMs > nowMs) return waitUntil(dueMs);
  const limitMs = answerLimit(situation) ?? longestLimitMs;
  const beganMs = Math.min(sinceMs, ...running.map(({ startedMs }) => startedMs));
  const reserveMs = Math.max(doubtShortestMs, 2 * limitMs) - (nowMs - beganMs);
  return { kind: 'start', step, limitMs: Math.max(limitMs, reserveMs), cause };
}

/** Signs of life at the pace of the port's role; traffic that is answered is one, too. */
function whenCalm(situation: TestSituation, full: Starts, any: Starts, nowMs: number): NextTest {
  const { target, pace, budget, record, traffic } = situation;
  if (budget !== 'ample') return waitUntil(nowMs + budgetLookMs);
  const pulseMs = pulseInterval(situation, nowMs);
  const fullDueMs = (full.lastMs ?? 0) + (target.intervalMs ?? (target.light ? pulseMs : pace.fullMs));
  const fullDue = full.busy ? undefined : fullDueMs;
  const pulses = target.canPulse && target.calmPulses && !target.light;
  const lastSignMs = Math.max(record.lastSucceeded?.atMs ?? 0, traffic?.lastDownMs ?? 0, any.lastMs ?? 0);
  const known = record.outcomes.filter((one) => one.step === 'pulse' && one.result.kind === 'answered').length;
  const pulseAtMs = known < acquaintancePulses ? (any.lastMs ?? 0) + acquaintanceSpacingMs : lastSignMs + pulseMs;
  const pulseDue = pulses && !any.busy ? pulseAtMs : undefined;
  if (fullDue !== undefined && fullDue <= nowMs) return start(situation, 'full', 'interval');
  if (pulseDue !== undefined && pulseDue <= nowMs) return start(situation, 'pulse', 'interval');
  return waitUntil(earliest(fullDue, pulseDue));
}

function pulseInterval({ role, pace, traffic, validSinceMs }: TestSituation, nowMs: number): number {
  if (role.kind === 'returning') return Math.min(pace.pulseInUseMs, returningPulseMs);
  if (role.kind !== 'in-use') return pace.pulseStandbyMs;
  const lastTrafficMs = Math.max(traffic?.lastUpMs ?? 0, traffic?.lastDownMs ?? 0, validSinceMs ?? 0);
  return nowMs - lastTrafficMs < quietAfterMs ? pace.pulseInUseMs : pace.pulseQuietMs;
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
  const step = quickStep(situation);
  if (any.busy && step === 'full') return waitForEvent;
  return startAt((any.lastMs ?? 0) + gapMs, situation, step, 'recovery', nowMs);
}

function quickStep({ target }: TestSituation): TestStep {
  return target.light || !target.canPulse ? 'full' : 'pulse';
}

/** How long the path takes to answer a packet, or else to answer in full; undefined where it never has. */
function answerLimit(situation: TestSituation): number | undefined {
  const { outcomes } = situation.record;
  const learnedMs = learnedLimitMs(outcomes, quickStep(situation)) ?? learnedLimitMs(outcomes, 'full');
  return learnedMs === undefined ? undefined : Math.min(learnedMs, longestLimitMs);
}

function backoff(failures: number, { recoverMostMs: mostMs }: Pace): number {
  return backoffMs({ firstMs: fullRetryMs, mostMs, attempt: failures - 1 });
}

function start(situation: TestSituation, step: TestStep, cause: TestCause): NextTest {
  return { kind: 'start', step, limitMs: limitOf(situation, step), cause };
}

function limitOf(situation: TestSituation, step: TestStep): number {
  const { target } = situation;
  if (step === 'full' && !target.light) return target.timeoutMs ?? fullLimitMs;
  return Math.min(answerLimit(situation) ?? longestLimitMs, target.timeoutMs ?? Infinity);
}

function startAt(dueMs: number, situation: TestSituation, step: TestStep, cause: TestCause, nowMs: number): NextTest {
  return dueMs <= nowMs ? start(situation, step, cause) : waitUntil(dueMs);
}

function waitUntil(untilMs: number | undefined): NextTest {
  return { kind: 'wait', untilMs };
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
