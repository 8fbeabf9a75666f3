import { silencesNeeded } from './loss.js';
import type { TestOutcome, TestRecord } from './outcome.js';

/** How a network instance wants a target's outcomes to be read. */
export interface HealthSettings {
  /** So many tests in a row must fail. */
  readonly failAfter: number;
  /** So many tests in a row must succeed after that. */
  readonly recoverAfter: number;
  /** An answer that took longer counts as none; undefined: any answer counts. */
  readonly slowestMs: number | undefined;
  /** Silence shorter than this is not believed: a modem that changes cells answers nothing for a second or two. */
  readonly patienceMs: number;
  /** The target's own test is a single packet and its answer, so one that is lost proves nothing. */
  readonly light: boolean;
}

/** Whether a target works over a port, derived from outcomes. Unknown is not down. */
export type Health =
  | { readonly state: 'untested'; readonly suspicion: Suspicion | undefined }
  | {
      readonly state: 'working';
      readonly sinceMs: number;
      readonly suspicion: Suspicion | undefined;
      /** Silences in a row that make a verdict, by the loss that this path has when it works. */
      readonly silencesNeeded: number;
    }
  | {
      readonly state: 'failing';
      readonly sinceMs: number;
      readonly cause: 'silent' | 'test';
      readonly recovering: boolean;
    };

/** Whether attempts have failed since the last answer, too few for a verdict. */
export function isSuspect(health: Health | undefined): boolean {
  return health !== undefined && health.state !== 'failing' && health.suspicion !== undefined;
}

/** Attempts that failed since the last answer, too few for a verdict. */
export interface Suspicion {
  /** When the first of them began. */
  readonly sinceMs: number;
  /** Full tests in a row that failed, whatever the keepalive probes say. */
  readonly failed: number;
  /** Attempts in a row without any answer. */
  readonly silences: number;
}

/** What the fold over the outcomes carries along. */
interface Fold {
  state: 'untested' | 'working' | 'failing';
  sinceMs: number;
  cause: 'silent' | 'test';
  /** Full tests in a row that failed, or succeeded. */
  failed: number;
  succeeded: number;
  /** Attempts in a row without an answer; the first began, and the last ended. */
  silences: number;
  silentSinceMs: number;
  silentUntilMs: number;
  /** When the last of them began. */
  lastSilentMs: number;
  /** When the first full test of the run of failures began. */
  failingSinceMs: number;
  /** Of attempts on a path that worked. */
  answered: number;
  lost: number;
}

/**
 * Reads the outcomes since `validSinceMs` (link or address were lost before: those are void) in their order:
 *
 * - WORKING with the first full test that succeeds; after FAILING only with `recoverAfter` in a row;
 * - FAILING with `failAfter` full tests in a row that fail, or with a silence on which every kind of attempt agrees: as
 *   many in a
 *   row as the path's own loss asks for, for at least `patienceMs`, and none of the apps' packets answered meanwhile
 *   (`trafficAnsweredMs`: when the last one was by now).
 *
 * Nothing is stored: the same outcomes always mean the same, so no verdict can get stuck.
 */
export function healthOf(
  { outcomes }: TestRecord,
  settings: HealthSettings,
  validSinceMs: number | undefined,
  trafficAnsweredMs?: number,
): Health {
  if (validSinceMs === undefined) return { state: 'untested', suspicion: undefined };
  const fold: Fold = {
    state: 'untested',
    sinceMs: validSinceMs,
    cause: 'test',
    ...{ failed: 0, succeeded: 0, failingSinceMs: 0 },
    ...{ silences: 0, silentSinceMs: 0, silentUntilMs: 0, lastSilentMs: 0 },
    ...{ answered: 0, lost: 0 },
  };
  for (const outcome of outcomes) {
    if (outcome.startedMs < validSinceMs || isNoTest(outcome)) continue;
    takeTraffic(fold, outcome.trafficAnsweredMs);
    if (isAnswer(outcome, settings)) takeAnswer(fold, outcome, settings);
    else takeFailure(fold, outcome, settings);
  }
  takeTraffic(fold, trafficAnsweredMs);
  switch (fold.state) {
    case 'failing':
      return { state: 'failing', sinceMs: fold.sinceMs, cause: fold.cause, recovering: fold.succeeded > 0 };
    case 'working':
      return {
        state: 'working',
        sinceMs: fold.sinceMs,
        suspicion: suspicionOf(fold),
        silencesNeeded: needed(fold, settings),
      };
    case 'untested':
      return { state: 'untested', suspicion: suspicionOf(fold) };
  }
}

/** This device could not try. */
function isNoTest({ result }: TestOutcome): boolean {
  return result.kind === 'failed' && result.failure === 'local';
}

function isAnswer({ result }: TestOutcome, { slowestMs }: HealthSettings): boolean {
  return result.kind === 'answered' && (slowestMs === undefined || result.latencyMs <= slowestMs);
}

function takeAnswer(fold: Fold, outcome: TestOutcome, { recoverAfter }: HealthSettings): void {
  if (fold.state !== 'failing') {
    fold.lost += fold.silences;
    fold.answered += 1;
  }
  fold.silences = 0;
  if (outcome.probeKind === 'keepalive') return;
  fold.failed = 0;
  fold.succeeded += 1;
  const enough = fold.state === 'untested' || (fold.state === 'failing' && fold.succeeded >= recoverAfter);
  if (enough) {
    fold.state = 'working';
    fold.sinceMs = outcome.endedMs;
  }
}

function takeFailure(fold: Fold, outcome: TestOutcome, settings: HealthSettings): void {
  // An answer that came too late is no better than none.
  const silent = outcome.result.kind === 'answered' || outcome.result.silent;
  if (outcome.probeKind === 'full') {
    fold.succeeded = 0;
    if (!(silent && settings.light)) {
      if (fold.failed === 0) fold.failingSinceMs = outcome.startedMs;
      fold.failed += 1;
    }
  }
  if (silent) takeSilence(fold, outcome);
  if (fold.state === 'failing') return;
  if (fold.failed >= settings.failAfter) fail(fold, 'test', fold.failingSinceMs);
  else if (isDead(fold, settings)) fail(fold, 'silent', fold.silentSinceMs);
}

function takeSilence(fold: Fold, { startedMs, endedMs, trafficAnsweredMs }: TestOutcome): void {
  if (trafficAnsweredMs !== undefined && trafficAnsweredMs > startedMs) {
    if (fold.state !== 'failing') fold.lost += 1;
    return;
  }
  fold.silentSinceMs = fold.silences === 0 ? startedMs : Math.min(fold.silentSinceMs, startedMs);
  fold.silentUntilMs = endedMs;
  fold.lastSilentMs = Math.max(fold.silences === 0 ? 0 : fold.lastSilentMs, startedMs);
  fold.silences += 1;
}

/** The apps' packets were answered after the last attempt that was not: those before were lost on a path that lives. */
function takeTraffic(fold: Fold, trafficAnsweredMs: number | undefined): void {
  if (fold.silences === 0 || trafficAnsweredMs === undefined || trafficAnsweredMs <= fold.lastSilentMs) return;
  if (fold.state === 'failing') return;
  fold.lost += fold.silences;
  fold.silences = 0;
}

function isDead(fold: Fold, settings: HealthSettings): boolean {
  return fold.silences >= needed(fold, settings) && fold.silentUntilMs - fold.silentSinceMs >= settings.patienceMs;
}

function needed(fold: Fold, { failAfter, light }: HealthSettings): number {
  return Math.max(silencesNeeded(fold), light ? failAfter : 0);
}

function fail(fold: Fold, cause: Fold['cause'], sinceMs: number): void {
  fold.state = 'failing';
  fold.cause = cause;
  fold.sinceMs = sinceMs;
  fold.succeeded = 0;
}

function suspicionOf(fold: Fold): Suspicion | undefined {
  if (fold.silences === 0 && fold.failed === 0) return undefined;
  const begins = [
    ...(fold.silences > 0 ? [fold.silentSinceMs] : []),
    ...(fold.failed > 0 ? [fold.failingSinceMs] : []),
  ];
  return { sinceMs: Math.min(...begins), failed: fold.failed, silences: fold.silences };
}
