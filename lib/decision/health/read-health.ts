import { lastPer } from '../../once/index.js';
import {
  isRecovering,
  newFold,
  silencesAsked,
  failuresAsked,
  sizesAsked,
  suspicionOf,
  takeOutcome,
  takeTraffic,
} from './fold.js';
import type { Health, HealthSettings, TrafficAnswered } from './health.js';
import { isLossy } from './loss.js';
import type { TestRecord } from './outcome.js';

/**
 * Reads the outcomes since `validSinceMs` (link or address were lost before: those are void) in their order:
 *
 * - WORKING with the first full test that succeeds; after FAILING only with `recoverAfter` in a row at the layer that
 *   failed;
 * - FAILING, `silent`: a silence on which every kind of attempt agrees, as many in a row as the path's own loss asks
 *   for, for at least `patienceMs`, and none of the apps' packets answered meanwhile (`traffic`: when the last one was
 *   by now). Echoes alone are not believed: somebody may swallow just them;
 * - FAILING, `test`: `failAfter` full tests in a row that are refused, or run into their limit as often as the path's
 *   own loss asks for, whatever echoes say;
 * - FAILING, `size`: large packets are lost as often as silence would have to last, small ones are answered meanwhile,
 *   and a large one had come through before.
 *
 * An attempt that began before an answer which came later raises no doubt: the path lived. Nothing is stored: the same
 * outcomes always mean the same, so no verdict can get stuck.
 */
export function healthOf(
  record: TestRecord,
  settings: HealthSettings,
  validSinceMs: number | undefined,
  traffic: TrafficAnswered = {},
): Health {
  return readLast(record, settings, validSinceMs, traffic);
}

type Terms = [settings: HealthSettings, validSinceMs: number | undefined, traffic: TrafficAnswered];

/** Network instances read the same record in several ways. */
const READINGS_KEPT = 4;

const settingNames = ['failAfter', 'recoverAfter', 'slowestMs', 'patienceMs', 'light'] as const;

/** A record does not change, and is read several times for each outcome: by the schedule, and by each decision. */
const readLast = lastPer<TestRecord, Terms, Health>(read, { isSame: areSame, kept: READINGS_KEPT });

function areSame([before, beforeSinceMs, beforeTraffic]: Terms, [now, nowSinceMs, nowTraffic]: Terms): boolean {
  return (
    beforeSinceMs === nowSinceMs &&
    beforeTraffic.answeredMs === nowTraffic.answeredMs &&
    beforeTraffic.tcpAnsweredMs === nowTraffic.tcpAnsweredMs &&
    settingNames.every((name) => before[name] === now[name])
  );
}

function read(
  { outcomes }: TestRecord,
  settings: HealthSettings,
  validSinceMs: number | undefined,
  traffic: TrafficAnswered,
): Health {
  if (validSinceMs === undefined) return { state: 'untested', suspicion: undefined };
  const fold = newFold(validSinceMs);
  for (const outcome of outcomes) {
    if (outcome.startedMs >= validSinceMs) takeOutcome(fold, outcome, settings);
  }
  takeTraffic(fold, traffic.answeredMs, traffic.tcpAnsweredMs);
  switch (fold.state) {
    case 'failing':
      return { state: 'failing', sinceMs: fold.sinceMs, cause: fold.cause, recovering: isRecovering(fold) };
    case 'working':
      return {
        state: 'working',
        sinceMs: fold.sinceMs,
        suspicion: suspicionOf(fold),
        silencesNeeded: silencesAsked(fold, settings),
        failuresNeeded: failuresAsked(fold, settings),
        sizesNeeded: sizesAsked(fold, settings),
        lossy: isLossy(fold.recent),
        sizeProven: fold.sizeProven,
        contradiction: fold.contradiction,
      };
    case 'untested':
      return { state: 'untested', suspicion: suspicionOf(fold) };
  }
}
