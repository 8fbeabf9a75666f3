import type { Contradiction, FailingCause, HealthSettings, Suspicion } from './health.js';
import { echoesNeeded, failuresNeeded, silencesNeeded, withRecent, type Loss } from './loss.js';
import { isWeak, type ProbeKind, type TestOutcome } from './outcome.js';

/**
 * Silence on a path is not believed before it has lasted so long: a queue that has just filled up is no dead path, nor
 * is a route that routers on the way are about to replace (they say unreachable at once).
 */
export const SILENCE_SHORTEST_MS = 400;

/** What the fold over the outcomes carries along. */
export interface Fold {
  state: 'untested' | 'working' | 'failing';
  sinceMs: number;
  cause: FailingCause;
  /** Full tests in a row that failed; those of them that were refused, not silent; and that succeeded. */
  failed: number;
  refused: number;
  succeeded: number;
  /** When the first full test of the run of failures began. */
  failingSinceMs: number;
  /** Attempts in a row without an answer; those of them that asked for TCP or more; and for a connection alone. */
  silences: number;
  deepSilences: number;
  connectionSilences: number;
  /** The first of them began, and the last ended. */
  silentSinceMs: number;
  silentUntilMs: number;
  /** When the last of them began. */
  lastSilentMs: number;
  /** Attempts of the kind that began it had been answered: what the record has forgotten may have been an outage. */
  silenceCounts: boolean;
  /** Echoes that the target left unanswered, whoever answers apps. */
  contradiction: Contradiction | undefined;
  /** Packets of full size. */
  sizeProven: boolean;
  sizeFailed: number;
  sizeSucceeded: number;
  sizeFailingSinceMs: number;
  /** When the target itself, its full test, and a packet of full size were answered last. */
  answeredMs: number;
  fullAnsweredMs: number;
  sizeAnsweredMs: number;
  /** When the apps' packets were answered last, as of the outcome that is looked at. */
  trafficMs: number;
  readonly answeredKinds: Set<ProbeKind>;
  /** Of attempts on a path that worked, and of full tests. */
  path: Loss;
  full: Loss;
  /**
   * What the line loses, all in all and of late: only where the same kind of attempt was answered next. An echo that
   * goes unanswered while all else is answered may be filtered; `unsettled` are those of which it is not known yet.
   */
  readonly unsettled: Record<'echo' | 'connection', number>;
  line: Loss;
  recent: Loss;
  /** All four as they were when nothing was suspect: what leads to a verdict is no loss of a path that works. */
  unsuspected: Pick<Fold, 'path' | 'full' | 'line' | 'recent'>;
}

function lossesOf({ path, full, line, recent }: Fold): Fold['unsuspected'] {
  return { path, full, line, recent };
}

const noLoss: Loss = { answered: 0, lost: 0 };

export function newFold(validSinceMs: number): Fold {
  // A plain literal, for V8 makes slow objects of many spreads: this is the innermost loop of testing.
  return {
    state: 'untested',
    sinceMs: validSinceMs,
    cause: 'test',
    failed: 0,
    refused: 0,
    succeeded: 0,
    failingSinceMs: 0,
    silences: 0,
    deepSilences: 0,
    connectionSilences: 0,
    silentSinceMs: 0,
    silentUntilMs: 0,
    lastSilentMs: 0,
    silenceCounts: false,
    contradiction: undefined,
    sizeProven: false,
    sizeFailed: 0,
    sizeSucceeded: 0,
    sizeFailingSinceMs: 0,
    answeredMs: -Infinity,
    fullAnsweredMs: -Infinity,
    sizeAnsweredMs: -Infinity,
    trafficMs: -Infinity,
    answeredKinds: new Set(),
    path: noLoss,
    full: noLoss,
    line: noLoss,
    recent: noLoss,
    unsettled: { echo: 0, connection: 0 },
    unsuspected: { path: noLoss, full: noLoss, line: noLoss, recent: noLoss },
  };
}

/** Takes in one outcome. Those of before link and address were there are void, and are not shown to it. */
export function takeOutcome(fold: Fold, outcome: TestOutcome, settings: HealthSettings): void {
  if (isNoTest(outcome)) return;
  takeTraffic(fold, outcome.trafficAnsweredMs, outcome.tcpAnsweredMs);
  if (isAnswer(outcome, settings)) takeAnswer(fold, outcome, settings);
  else takeFailure(fold, outcome, settings);
  if (fold.state === 'working' && !isSuspected(fold)) fold.unsuspected = lossesOf(fold);
}

/** This device could not try. */
function isNoTest({ result }: TestOutcome): boolean {
  return result.kind === 'failed' && result.failure === 'local';
}

function isAnswer({ result }: TestOutcome, { slowestMs }: HealthSettings): boolean {
  return result.kind === 'answered' && (slowestMs === undefined || result.latencyMs <= slowestMs);
}

export function isRecovering({ cause, succeeded, sizeSucceeded }: Fold): boolean {
  return cause === 'size' ? sizeSucceeded > 0 : succeeded > 0;
}

function takeAnswer(fold: Fold, outcome: TestOutcome, { recoverAfter }: HealthSettings): void {
  fold.answeredKinds.add(outcome.probeKind);
  // What anybody may have accepted refutes that connections go unanswered, and no echo that does.
  if (isWeak(outcome)) {
    if (fold.deepSilences !== fold.silences) return;
    endSilence(fold, 'connection');
    countAnswer(fold);
    return;
  }
  endSilence(fold, outcome.layer === 'path' ? 'echo' : 'other');
  countAnswer(fold);
  fold.contradiction = undefined;
  fold.answeredMs = outcome.endedMs;
  switch (outcome.probeKind) {
    case 'keepalive':
      return;
    case 'size':
      fold.sizeProven = true;
      fold.sizeAnsweredMs = outcome.endedMs;
      fold.sizeFailed = 0;
      fold.sizeSucceeded += 1;
      if (fold.state === 'failing' && fold.cause === 'size' && fold.sizeSucceeded >= recoverAfter) work(fold, outcome);
      return;
    case 'full': {
      if (fold.state !== 'failing') {
        fold.full = plus(fold.full, { answered: 1, lost: fold.failed - fold.refused });
      }
      fold.fullAnsweredMs = outcome.endedMs;
      fold.failed = 0;
      fold.refused = 0;
      fold.succeeded += 1;
      const recovers = fold.state === 'failing' && fold.cause !== 'size' && fold.succeeded >= recoverAfter;
      if (fold.state === 'untested' || recovers) work(fold, outcome);
    }
  }
}

function work(fold: Fold, { endedMs }: TestOutcome): void {
  fold.state = 'working';
  fold.sinceMs = endedMs;
  fold.unsettled.echo = 0;
  fold.unsettled.connection = 0;
}

function takeFailure(fold: Fold, outcome: TestOutcome, settings: HealthSettings): void {
  // An answer that came too late is no better than none.
  const silent = outcome.result.kind === 'answered' || outcome.result.silent;
  switch (outcome.probeKind) {
    case 'size':
      if (outcome.startedMs >= fold.sizeAnsweredMs) takeLostSize(fold, outcome);
      break;
    case 'keepalive':
      // A refusal proves nothing of the path, for anybody may give it, and the target's own test would meet it too.
      if (silent) {
        takeUnansweredEcho(fold, outcome);
        takeSilence(fold, outcome);
      } else takeFailedTest(fold, outcome, silent);
      break;
    case 'full':
      fold.succeeded = 0;
      if (outcome.startedMs < fold.fullAnsweredMs) {
        if (silent && outcome.startedMs >= fold.sinceMs) fold.full = plus(fold.full, { answered: 0, lost: 1 });
      } else if (!(silent && settings.light)) takeFailedTest(fold, outcome, silent);
      if (silent) takeSilence(fold, outcome);
  }
  if (fold.state === 'failing') return;
  if (isOutOfReach(fold, outcome, settings)) fail(fold, 'test', fold.failingSinceMs);
  else if (isDead(fold, settings)) fail(fold, 'silent', fold.silentSinceMs);
  else if (losesLarge(fold, settings)) fail(fold, 'size', fold.sizeFailingSinceMs);
}

function takeFailedTest(fold: Fold, { startedMs }: TestOutcome, silent: boolean): void {
  fold.failingSinceMs = fold.failed === 0 ? startedMs : Math.min(fold.failingSinceMs, startedMs);
  fold.failed += 1;
  if (!silent) fold.refused += 1;
}

function takeLostSize(fold: Fold, { startedMs }: TestOutcome): void {
  fold.sizeSucceeded = 0;
  // Not every path passes packets of this size, and that is no fault.
  if (!fold.sizeProven) return;
  fold.sizeFailingSinceMs = fold.sizeFailed === 0 ? startedMs : Math.min(fold.sizeFailingSinceMs, startedMs);
  fold.sizeFailed += 1;
}

/** Before it counts as lost: the loss that explains it is that of before. */
function takeUnansweredEcho(fold: Fold, { layer, startedMs }: TestOutcome): void {
  if (layer !== 'path' || startedMs < fold.answeredMs) return;
  const { sinceMs, unanswered, needed } = fold.contradiction ?? {
    ...{ sinceMs: startedMs, unanswered: 0, needed: echoesNeeded(fold.path) },
  };
  fold.contradiction = { sinceMs: Math.min(sinceMs, startedMs), unanswered: unanswered + 1, needed };
}

function takeSilence(fold: Fold, outcome: TestOutcome): void {
  const { layer, startedMs, endedMs, trafficAnsweredMs = -Infinity, tcpAnsweredMs = -Infinity } = outcome;
  const deep = layer !== 'path';
  const provedMs = Math.max(fold.answeredMs, deep ? tcpAnsweredMs : trafficAnsweredMs);
  if (provedMs > startedMs) {
    // One that began on a path that did not work yet was not lost on one that does; and a connection that goes
    // unanswered beside an echo that does not says nothing of how many packets the path loses.
    if (startedMs >= fold.sinceMs && !deep) {
      countLost(fold, 1);
      fold.unsettled.echo += 1;
    }
    return;
  }
  if (fold.silences === 0) fold.silenceCounts = fold.answeredKinds.has(outcome.probeKind);
  fold.silentSinceMs = fold.silences === 0 ? startedMs : Math.min(fold.silentSinceMs, startedMs);
  fold.silentUntilMs = endedMs;
  fold.lastSilentMs = Math.max(fold.silences === 0 ? 0 : fold.lastSilentMs, startedMs);
  fold.silences += 1;
  if (deep) fold.deepSilences += 1;
  if (layer === 'tcp') fold.connectionSilences += 1;
}

/**
 * The apps' packets were answered after the last attempt that was not: those before were lost on a path that lives.
 * What was answered by other means says nothing of TCP.
 */
export function takeTraffic(fold: Fold, answeredMs = -Infinity, tcpAnsweredMs = -Infinity): void {
  if (answeredMs > fold.trafficMs) fold.trafficMs = answeredMs;
  if (fold.silences === 0 || fold.state === 'failing') return;
  if (tcpAnsweredMs > fold.lastSilentMs) endSilence(fold, 'other');
  else if (answeredMs > fold.lastSilentMs) {
    countLost(fold, fold.silences - fold.deepSilences);
    fold.unsettled.echo += fold.silences - fold.deepSilences;
    fold.silences = fold.deepSilences;
  }
}

function plus(loss: Loss, { answered, lost }: Loss): Loss {
  return { answered: loss.answered + answered, lost: loss.lost + lost };
}

/**
 * Those before were lost on a path that lives. By an echo that is answered: connections that were not say nothing of
 * how many packets the path loses; nor do full tests ever, which count by themselves.
 */
function endSilence(fold: Fold, by: 'echo' | 'connection' | 'other'): void {
  if (fold.silenceCounts && fold.state !== 'failing') {
    const connections = by === 'echo' ? 0 : fold.connectionSilences;
    const echoes = fold.silences - fold.deepSilences;
    countLost(fold, echoes + connections);
    fold.unsettled.echo += echoes;
    fold.unsettled.connection += connections;
  }
  if (by !== 'other') {
    countLostOnLine(fold, Math.min(fold.unsettled[by], MOST_LOST_AT_ONCE));
    fold.unsettled[by] = 0;
  }
  fold.silences = 0;
  fold.deepSilences = 0;
  fold.connectionSilences = 0;
}

/** More in a row were no chance, but an outage that was over before the verdict. */
const MOST_LOST_AT_ONCE = 4;

/** A dead path is not one that loses packets. */
function countAnswer(fold: Fold): void {
  if (fold.state === 'failing') return;
  fold.path = plus(fold.path, { answered: 1, lost: 0 });
  fold.line = plus(fold.line, { answered: 1, lost: 0 });
  fold.recent = withRecent(fold.recent, true);
}

function countLost(fold: Fold, count: number): void {
  if (fold.state !== 'failing') fold.path = plus(fold.path, { answered: 0, lost: count });
}

function countLostOnLine(fold: Fold, count: number): void {
  if (fold.state === 'failing') return;
  fold.line = plus(fold.line, { answered: 0, lost: count });
  for (let each = 0; each < count; each += 1) fold.recent = withRecent(fold.recent, false);
}

function isOutOfReach(fold: Fold, { endedMs }: TestOutcome, settings: HealthSettings): boolean {
  if (fold.refused >= settings.failAfter) return true;
  return fold.failed >= failuresAsked(fold, settings) && endedMs - fold.failingSinceMs >= settings.patienceMs;
}

function isDead(fold: Fold, settings: HealthSettings): boolean {
  const lastedMs = fold.silentUntilMs - fold.silentSinceMs;
  return (
    fold.silences >= silencesAsked(fold, settings) &&
    lastedMs >= Math.max(settings.patienceMs, SILENCE_SHORTEST_MS) &&
    (settings.light || fold.deepSilences > 0)
  );
}

function losesLarge(fold: Fold, settings: HealthSettings): boolean {
  return (
    fold.sizeFailed >= sizesAsked(fold, settings) &&
    fold.silences === 0 &&
    Math.max(fold.answeredMs, fold.trafficMs) > fold.sizeFailingSinceMs
  );
}

/** Every other one is a full test, which a line that loses packets makes late more often than it loses one. */
export function sizesAsked(fold: Fold, settings: HealthSettings): number {
  return Math.max(silencesAsked(fold, settings), failuresAsked(fold, settings));
}

export function silencesAsked(fold: Fold, { failAfter, light }: HealthSettings): number {
  return Math.max(silencesNeeded(fold.path), light ? failAfter : 0);
}

export function failuresAsked(fold: Fold, { failAfter }: HealthSettings): number {
  return Math.max(failuresNeeded(fold.line, fold.full, fold.recent), failAfter);
}

function fail(fold: Fold, cause: FailingCause, sinceMs: number): void {
  if (fold.state === 'working') {
    const { path, full, line, recent } = fold.unsuspected;
    fold.path = path;
    fold.full = full;
    fold.line = line;
    fold.recent = recent;
  }
  fold.state = 'failing';
  fold.cause = cause;
  fold.sinceMs = sinceMs;
  fold.succeeded = 0;
  fold.sizeSucceeded = 0;
  fold.unsettled.echo = 0;
  fold.unsettled.connection = 0;
}

function isSuspected({ failed, silences, sizeFailed }: Fold): boolean {
  return silences > 0 || failed > 0 || sizeFailed > 0;
}

export function suspicionOf(fold: Fold): Suspicion | undefined {
  if (!isSuspected(fold)) return undefined;
  const { failed, silences, sizeFailed } = fold;
  const begins = [
    ...(silences > 0 ? [fold.silentSinceMs] : []),
    ...(failed > 0 ? [fold.failingSinceMs] : []),
    ...(sizeFailed > 0 ? [fold.sizeFailingSinceMs] : []),
  ];
  return { sinceMs: Math.min(...begins), failed, silences, sizeFailed };
}
