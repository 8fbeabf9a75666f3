import { backoffMs } from '../../clock/index.js';
import type { Contradiction, Health, ProbeKind, Suspicion, TestRecord } from '../health/index.js';
import { beginsConnections, challengeDueMs, fullDueMs, keepaliveInterval, sizeDueMs } from './intervals.js';
import { answerLimit, limitOf, quickProbeKind, quickProof, sizeLimit, suspectFullLimit } from './limits.js';
import {
  COMPANION_ECHOES,
  COMPANION_SPACING_MS,
  INITIAL_KEEPALIVES,
  INITIAL_KEEPALIVE_SPACING_MS,
  SUSPECT_FULL_SPACING_MS,
  SUSPECT_SHORTEST_MS,
  SUSPECT_SIZE_SPACING_MS,
  SUSPECT_SPACING_MS,
  FULL_RETRY_MS,
  LONGEST_LIMIT_MS,
  PATIENT_SPACING_MS,
  SIZE_RECOVER_MS,
  type Pace,
} from './pace.js';
import type { PortRole, TestSituation } from './situation.js';
import { stallOf, type Stall } from './traffic.js';

export type TestCause = 'requested' | 'first' | 'interval' | 'suspect' | 'stall' | 'wanted' | 'recovery';

/** What to do now. Waiting has an end unless only an event can change something. */
export type NextTest =
  | {
      readonly kind: 'start';
      readonly probeKind: ProbeKind;
      readonly limitMs: number;
      readonly cause: TestCause;
      /** It shows what the line loses, and asks as calm keepalive probes do. */
      readonly companion?: true;
    }
  | { readonly kind: 'wait'; readonly untilMs: number | undefined };

/** The next test of one target over one port. Pure: the same situation at the same time gives the same answer. */
export function nextTest(situation: TestSituation, nowMs: number): NextTest {
  const { validSinceMs, health, requestedMs } = situation;
  if (validSinceMs === undefined) return waitForEvent;
  const starts = startsOf(situation, validSinceMs);
  if (requestedMs !== undefined && (starts.full.lastMs ?? -Infinity) < requestedMs) {
    return starts.full.busy ? waitForEvent : start(situation, 'full', 'requested');
  }
  switch (health.state) {
    case 'untested':
      return untested(situation, starts.full, nowMs);
    case 'working':
      return working(situation, health, starts, nowMs);
    case 'failing':
      return failing(situation, health, starts, nowMs);
  }
}

const waitForEvent: NextTest = { kind: 'wait', untilMs: undefined };

/** A budget that is used up fills by a few hundred bytes in this time. */
const BUDGET_RECHECK_MS = 60_000;

/** When attempts of one kind began and ended, and how many are under way. */
interface Starts {
  lastMs: number | undefined;
  lastEndMs: number | undefined;
  running: number;
  busy: boolean;
}

/** `any` is all but those of full size. */
type StartsByKind = Readonly<Record<ProbeKind | 'any', Starts>>;

function startsOf({ record, inFlight }: TestSituation, validSinceMs: number): StartsByKind {
  const starts = { full: newStarts(), size: newStarts(), keepalive: newStarts() };
  for (const { probeKind, startedMs, endedMs } of record.outcomes) {
    if (startedMs < validSinceMs) continue;
    const known = starts[probeKind];
    if (known.lastMs === undefined || startedMs > known.lastMs) known.lastMs = startedMs;
    if (known.lastEndMs === undefined || endedMs > known.lastEndMs) known.lastEndMs = endedMs;
  }
  for (const { probeKind, startedMs } of inFlight) {
    const known = starts[probeKind];
    if (known.lastMs === undefined || startedMs > known.lastMs) known.lastMs = startedMs;
    known.running += 1;
    known.busy = true;
  }
  const { full, keepalive } = starts;
  const any = {
    lastMs: latest(full.lastMs, keepalive.lastMs),
    lastEndMs: latest(full.lastEndMs, keepalive.lastEndMs),
    running: full.running + keepalive.running,
    busy: full.busy || keepalive.busy,
  };
  return { ...starts, any };
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.max(a, b);
}

function newStarts(): Starts {
  return { lastMs: undefined, lastEndMs: undefined, running: 0, busy: false };
}

/** Nothing is known yet: the full test, at once; after a failure again, ever more slowly. */
function untested(situation: TestSituation, full: Starts, nowMs: number): NextTest {
  if (full.busy) return waitForEvent;
  if (full.lastEndMs === undefined) return start(situation, 'full', 'first');
  const { health, pace } = situation;
  const suspicion = health.state === 'untested' ? health.suspicion : undefined;
  const failed = Math.max(suspicion?.failed ?? 0, suspicion?.silences ?? 0, 1);
  return startAt(full.lastEndMs + backoff(failed, pace), situation, 'full', 'first', nowMs);
}

type Working = Extract<Health, { state: 'working' }>;

function working(situation: TestSituation, health: Working, starts: StartsByKind, nowMs: number): NextTest {
  const { role, traffic } = situation;
  const { suspicion } = health;
  if (suspicion !== undefined) return suspect(situation, health, suspicion, starts, nowMs);
  const inUse = role.kind === 'in-use';
  const stall = inUse ? stallOf(traffic, 'any', answerLimit(situation), nowMs) : noStall;
  // It has lasted already: as many attempts as a verdict takes go out before any has been missed.
  if (stall.kind === 'stalled') {
    const needed = health.silencesNeeded;
    return burst(situation, { sinceMs: nowMs, silences: 0, needed, cause: 'stall' }, nowMs);
  }
  const tcpStall = inUse ? tcpStallOf(situation, nowMs) : noStall;
  if (tcpStall.kind === 'stalled') return whenTcpStalls(situation, health, tcpStall.sinceMs, starts, nowMs);
  if (inUse && health.contradiction !== undefined && beginsConnections(situation)) {
    const contradicted = whenContradicted(situation, health, health.contradiction, starts, nowMs);
    if (contradicted !== undefined) return contradicted;
  }
  if (role.kind === 'wanted') {
    const wanted = whenWanted(situation, health, role, starts, nowMs);
    if (wanted !== undefined) return wanted;
  }
  const stalls = [stall, tcpStall].flatMap((each) => (each.kind === 'growing' ? [each.ripeAtMs] : []));
  return soonest([whenCalm(situation, health, starts, nowMs), ...stalls.map(waitUntil)]);
}

const noStall = { kind: 'none' } as const;

function tcpStallOf(situation: TestSituation, nowMs: number): Stall {
  return stallOf(situation.traffic, 'tcp', answerLimit(situation), nowMs);
}

/** Something was not answered: ask again in quick succession, at each layer that is suspect. */
function suspect(
  situation: TestSituation,
  health: Working,
  suspicion: Suspicion,
  starts: StartsByKind,
  nowMs: number,
): NextTest {
  const { sinceMs, silences, failed, sizeFailed } = suspicion;
  const silent = silences > 0 ? [whenSilent(situation, suspicion, health.silencesNeeded, starts.full, nowMs)] : [];
  // Apps wait for TCP: full tests do not wait for what echoes tell.
  const stall = situation.role.kind === 'in-use' && !situation.target.light ? tcpStallOf(situation, nowMs) : noStall;
  const out =
    failed > 0 || stall.kind === 'stalled'
      ? [fullInDoubt(situation, health, { sinceMs, failed, cause: 'suspect' }, starts, nowMs)]
      : [];
  // What passes no small packets passes no large ones.
  const size =
    sizeFailed > 0 && silences === 0 ? [sizeInDoubt(situation, suspicion, health.sizesNeeded, starts.size, nowMs)] : [];
  return soonest([...silent, ...out, ...size]);
}

interface FullDoubt {
  readonly sinceMs: number;
  readonly failed: number;
  readonly cause: TestCause;
}

/**
 * Full tests until one is answered, or a verdict is there; they overlap. With them go some packets that show what the
 * line loses just now, for that makes full tests late.
 */
function fullInDoubt(
  situation: TestSituation,
  health: Working,
  { sinceMs, failed, cause }: FullDoubt,
  { full }: StartsByKind,
  nowMs: number,
): NextTest {
  const companion = companionOf(situation, sinceMs, cause, nowMs);
  if (companion.kind === 'start') return companion;
  // One more than enough follows only when none is under way: patience is still asked for.
  if (failed + full.running >= health.failuresNeeded && full.busy) return companion;
  const dueMs = (full.lastMs ?? -Infinity) + SUSPECT_FULL_SPACING_MS;
  if (dueMs > nowMs) return soonest([companion, waitUntil(dueMs)]);
  return { kind: 'start', probeKind: 'full', limitMs: suspectFullLimit(situation, health.lossy), cause };
}

function companionOf(situation: TestSituation, sinceMs: number, cause: TestCause, nowMs: number): NextTest {
  if (quickProbeKind(situation) === 'full') return waitForEvent;
  const { record, inFlight } = situation;
  const begun = [...record.outcomes, ...inFlight].flatMap(({ probeKind, startedMs }) =>
    probeKind === 'keepalive' && startedMs >= sinceMs ? [startedMs] : [],
  );
  if (begun.length >= COMPANION_ECHOES) return waitForEvent;
  const dueMs = Math.max(...begun, -Infinity) + COMPANION_SPACING_MS;
  const next = startAt(dueMs, situation, 'keepalive', cause, nowMs);
  return next.kind === 'start' ? { ...next, companion: true } : next;
}

/** Apps begin connections, or send over TCP, and no data comes back: is it TCP, the target, or the size of packets? */
function whenTcpStalls(
  situation: TestSituation,
  health: Working,
  sinceMs: number,
  starts: StartsByKind,
  nowMs: number,
): NextTest {
  const { full, size } = starts;
  const sizeAsked = !health.sizeProven || (size.lastMs ?? -Infinity) >= sinceMs;
  if (!sizeAsked) return { kind: 'start', probeKind: 'size', limitMs: sizeLimit(situation), cause: 'stall' };
  // A light target is asked by single packets.
  if (situation.target.light) {
    const needed = health.silencesNeeded;
    return burst(situation, { sinceMs: nowMs, silences: 0, needed, cause: 'stall' }, nowMs);
  }
  if (full.running >= health.failuresNeeded) return waitForEvent;
  return fullInDoubt(situation, health, { sinceMs, failed: 0, cause: 'stall' }, starts, nowMs);
}

/**
 * Apps begin connections and receive data, and the target leaves echoes unanswered. By chance, or because somebody
 * swallows them: the full test is answered. Or somebody on the way answers for everybody: it is not. Undefined: there
 * is no echo to be sure with.
 */
function whenContradicted(
  situation: TestSituation,
  health: Working,
  { sinceMs, unanswered, needed }: Contradiction,
  starts: StartsByKind,
  nowMs: number,
): NextTest | undefined {
  const { target } = situation;
  if (target.light) return undefined;
  if (unanswered >= needed) {
    return fullInDoubt(situation, health, { sinceMs, failed: 0, cause: 'suspect' }, starts, nowMs);
  }
  if (target.keepalive.kind !== 'echo') return undefined;
  const { keepalive } = starts;
  if (unanswered + keepalive.running >= needed) return waitForEvent;
  const dueMs = (keepalive.lastMs ?? -Infinity) + SUSPECT_SPACING_MS;
  const next = startAt(dueMs, situation, 'keepalive', 'suspect', nowMs);
  return next.kind === 'start' ? { ...next, companion: true } : next;
}

/** Packets of full size, until one is answered or a verdict is there; and a small one, which has to come through. */
function sizeInDoubt(
  situation: TestSituation,
  { sinceMs, sizeFailed }: Suspicion,
  needed: number,
  size: Starts,
  nowMs: number,
): NextTest {
  const { record, traffic, inFlight } = situation;
  const smallMs = Math.max(record.lastSucceeded?.atMs ?? -Infinity, traffic?.any.lastDownMs ?? -Infinity);
  const small = quickProof(situation);
  if (smallMs < sinceMs && !inFlight.some(({ probeKind }) => probeKind === small)) {
    return start(situation, small, 'suspect');
  }
  if (sizeFailed + size.running >= needed && size.busy) return waitForEvent;
  const dueMs = (size.lastMs ?? -Infinity) + SUSPECT_SIZE_SPACING_MS;
  if (dueMs > nowMs) return waitUntil(dueMs);
  return { kind: 'start', probeKind: 'size', limitMs: sizeLimit(situation), cause: 'suspect' };
}

/** Undefined: it has shown since then what is asked for. */
function whenWanted(
  situation: TestSituation,
  health: Working,
  { sinceMs, probeKind: asked }: Extract<PortRole, { kind: 'wanted' }>,
  { full, size }: StartsByKind,
  nowMs: number,
): NextTest | undefined {
  const probeKind = wantedKind(situation, health, asked);
  if (lastAnswer(situation.record, probeKind) >= sinceMs) return undefined;
  switch (probeKind) {
    case 'keepalive':
      return burst(situation, { sinceMs, silences: 0, needed: 1, cause: 'wanted' }, nowMs);
    case 'full':
      return full.busy ? waitForEvent : start(situation, 'full', 'wanted');
    case 'size':
      return size.busy ? waitForEvent : start(situation, 'size', 'wanted');
  }
}

/** Only an echo proves a path; and who has never answered a packet of full size is not asked for one. */
function wantedKind(situation: TestSituation, { sizeProven }: Working, asked: ProbeKind): ProbeKind {
  switch (asked) {
    case 'keepalive':
      return quickProof(situation);
    case 'full':
      return 'full';
    case 'size':
      return sizeProven ? 'size' : 'full';
  }
}

/** When a test of this kind, or anything that proves the path (`keepalive`), was answered last. */
function lastAnswer({ outcomes, lastSucceeded }: TestRecord, wanted: ProbeKind): number {
  if (wanted === 'keepalive') return lastSucceeded?.atMs ?? -Infinity;
  const last = outcomes.findLast(({ probeKind, result }) => probeKind === wanted && result.kind === 'answered');
  return last?.endedMs ?? -Infinity;
}

/** Packets go unanswered: ask again and again in quick succession, until there is an answer or a verdict. */
function whenSilent(
  situation: TestSituation,
  { sinceMs, silences }: Suspicion,
  needed: number,
  full: Starts,
  nowMs: number,
): NextTest {
  const { target, inFlight } = situation;
  const quick = burst(situation, { sinceMs, silences, needed, cause: 'suspect' }, nowMs);
  if (quick.kind === 'start' || target.light || full.busy) return quick;
  if ((full.lastMs ?? -Infinity) >= sinceMs) return quick;
  // What a keepalive probe does not get through, the target's own test may: the last word before a verdict.
  const limitMs = answerLimit(situation) ?? LONGEST_LIMIT_MS;
  const overdueAtMs = inFlight.map(({ startedMs }) => startedMs + limitMs).sort((a, b) => a - b);
  const missing = Math.ceil(needed / 2) - silences;
  const dueMs = missing <= 0 ? nowMs : overdueAtMs[missing - 1];
  if (dueMs !== undefined && dueMs <= nowMs) {
    return { kind: 'start', probeKind: 'full', limitMs: suspectFullLimit(situation, true), cause: 'suspect' };
  }
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
  const { inFlight, record } = situation;
  const probeKind = quickProbeKind(situation);
  const running = inFlight.filter((attempt) => attempt.probeKind === probeKind);
  const enough = silences + running.length >= needed;
  // An attempt that only patience asks for follows when the one before has gone without an answer.
  if (enough && running.length > 0) return waitForEvent;
  const lastMs = Math.max(
    ...[...record.outcomes.filter((outcome) => outcome.probeKind === probeKind), ...running].map(
      ({ startedMs }) => startedMs,
    ),
    -Infinity,
  );
  const dueMs = lastMs + (enough ? PATIENT_SPACING_MS : SUSPECT_SPACING_MS);
  if (dueMs > nowMs) return waitUntil(dueMs);
  const limitMs = answerLimit(situation) ?? LONGEST_LIMIT_MS;
  const beganMs = Math.min(sinceMs, ...running.map(({ startedMs }) => startedMs));
  const reserveMs = Math.max(SUSPECT_SHORTEST_MS, 2 * limitMs) - (nowMs - beganMs);
  return { kind: 'start', probeKind, limitMs: Math.max(limitMs, reserveMs), cause };
}

/** Signs of life at the pace of the port's role; traffic that is answered is one, too. */
function whenCalm(
  situation: TestSituation,
  health: Working,
  { full, size, any }: StartsByKind,
  nowMs: number,
): NextTest {
  const { target, budget, traffic, record } = situation;
  if (budget.state !== 'ample') return waitUntil(nowMs + BUDGET_RECHECK_MS);
  const { keepalive } = target;
  const fullDue = full.busy ? undefined : fullDueMs(situation, full, nowMs);
  const keepalives = keepalive.kind !== 'none' && target.calmKeepalives && !target.light;
  const lastSignMs = Math.max(record.lastSucceeded?.atMs ?? 0, traffic?.any.lastDownMs ?? 0, any.lastMs ?? 0);
  const known = record.outcomes.filter((one) => one.probeKind === 'keepalive' && one.result.kind === 'answered').length;
  const keepaliveAtMs =
    known < INITIAL_KEEPALIVES
      ? (any.lastMs ?? 0) + INITIAL_KEEPALIVE_SPACING_MS
      : lastSignMs + keepaliveInterval(situation, nowMs);
  const challengedAtMs = keepalive.kind === 'echo' ? challengeDueMs(situation, any, nowMs) : Infinity;
  const keepaliveDue = keepalives && !any.busy ? Math.min(keepaliveAtMs, challengedAtMs) : undefined;
  const sizeDue = keepalive.kind === 'none' || size.busy ? undefined : sizeDueMs(situation, health, size, nowMs);
  if (fullDue !== undefined && fullDue <= nowMs) return start(situation, 'full', 'interval');
  if (keepaliveDue !== undefined && keepaliveDue <= nowMs) return start(situation, 'keepalive', 'interval');
  if (sizeDue !== undefined && sizeDue <= nowMs) return start(situation, 'size', 'interval');
  return waitUntil(earliest(earliest(fullDue, keepaliveDue), sizeDue));
}

/** It does not work: ask ever more seldom, at the layer that fails, and in full as soon as anything answers. */
function failing(
  situation: TestSituation,
  health: Extract<Health, { state: 'failing' }>,
  { full, size, keepalive, any }: StartsByKind,
  nowMs: number,
): NextTest {
  const { record, pace, role, budget } = situation;
  const mostMs =
    role.kind === 'standby' || budget.state !== 'ample' ? pace.recoverMostMs : Math.min(2_000, pace.recoverMostMs);
  // Where the target has answered elsewhere just now, it may be back for all: who is in use need not be left for that.
  const isBackElsewhere = role.kind === 'in-use' && (situation.elsewhereAnsweredMs ?? -Infinity) > (any.lastMs ?? 0);
  // A tenth of the time that it has been down: an outage lasts at most a tenth longer for it.
  const gapMs = isBackElsewhere ? 0 : Math.min(Math.max((nowMs - health.sinceMs) / 10, pace.recoverFirstMs), mostMs);
  if (health.cause === 'size') {
    if (size.busy) return waitForEvent;
    const afterMs = health.recovering ? pace.recoverFirstMs : Math.max(gapMs, SIZE_RECOVER_MS);
    return startAt((size.lastEndMs ?? 0) + afterMs, situation, 'size', 'recovery', nowMs);
  }
  const answeredMs = record.lastSucceeded?.atMs ?? -Infinity;
  const signOfLife = health.recovering || answeredMs > Math.max(health.sinceMs, full.lastMs ?? -Infinity);
  if (signOfLife || health.cause === 'test') {
    // One that began before the sign of life may still wait for a packet that was lost then.
    if (full.busy && (health.cause === 'test' || (full.lastMs ?? 0) >= answeredMs)) return waitForEvent;
    if (full.busy) return start(situation, 'full', 'recovery');
    const afterMs = signOfLife ? pace.recoverFirstMs : Math.max(gapMs, 4 * pace.recoverFirstMs);
    return startAt((full.lastEndMs ?? 0) + afterMs, situation, 'full', 'recovery', nowMs);
  }
  if (quickProof(situation) === 'full') {
    if (full.busy) return waitForEvent;
    return startAt((any.lastMs ?? 0) + gapMs, situation, 'full', 'recovery', nowMs);
  }
  const quick = startAt((keepalive.lastMs ?? 0) + gapMs, situation, 'keepalive', 'recovery', nowMs);
  if (quick.kind === 'start' || full.busy) return quick;
  // It may be that echoes alone are not answered any more.
  const fullDueMs = Math.max(full.lastMs ?? 0, health.sinceMs) + FULL_OF_RECOVERY * gapMs;
  if (fullDueMs > nowMs) return waitUntil(earliest(quick.untilMs, fullDueMs));
  return { kind: 'start', probeKind: 'full', limitMs: suspectFullLimit(situation, true), cause: 'recovery' };
}

/** A full test for so many keepalive probes that go unanswered. */
const FULL_OF_RECOVERY = 4;

function backoff(failures: number, { recoverMostMs: mostMs }: Pace): number {
  return backoffMs({ firstMs: FULL_RETRY_MS, mostMs, attempt: failures - 1 });
}

function start(situation: TestSituation, probeKind: ProbeKind, cause: TestCause): NextTest {
  return { kind: 'start', probeKind, limitMs: limitOf(situation, probeKind), cause };
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

function waitUntil(untilMs: number | undefined): Extract<NextTest, { kind: 'wait' }> {
  return { kind: 'wait', untilMs };
}

/** The first that is to start now; else the wait that ends first. */
function soonest(choices: readonly NextTest[]): NextTest {
  const begins = choices.find(({ kind }) => kind === 'start');
  if (begins !== undefined) return begins;
  return choices.reduce<NextTest>(
    (first, each) =>
      first.kind === 'wait' && each.kind === 'wait' ? waitUntil(earliest(first.untilMs, each.untilMs)) : first,
    waitForEvent,
  );
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
