import type { Quality, Health } from '../health/index.js';
import type { Evidence, TargetEvidence } from './evidence.js';
import type { TestProfile } from './test-profile.js';

type TargetProfile = Extract<TestProfile, { kind: 'target' }>;

/**
 * The evidence of one port by several targets, of which `needed` have to answer. A target that answers over no port at
 * all is out of order itself and counts for nobody, as long as another one answers.
 */
export function combineEvidence(profile: TargetProfile, targets: readonly TargetEvidence[]): Evidence {
  const reachable = targets.filter(({ outOfOrder }) => !outOfOrder);
  const counted = (reachable.length === 0 ? targets : reachable).map(({ evidence }) => evidence);
  const needed = Math.min(profile.needed, counted.length);
  const inState = (state: Evidence['testState']): readonly Evidence[] =>
    counted.filter(({ testState }) => testState === state);
  const [working, failing, untested] = [inState('working'), inState('failing'), inState('untested')];
  const latest = (timeOf: (evidence: Evidence) => number | undefined): number | undefined =>
    counted.map((evidence) => timeOf(evidence) ?? -Infinity).sort((a, b) => b - a)[needed - 1];
  const known = (timeOf: (evidence: Evidence) => number | undefined): number | undefined => {
    const timeMs = latest(timeOf);
    return timeMs === -Infinity ? undefined : timeMs;
  };
  const lastFailed = targets
    .filter(({ evidence }) => evidence.test.lastFailedMs !== undefined)
    .sort((a, b) => (b.evidence.test.lastFailedMs ?? 0) - (a.evidence.test.lastFailedMs ?? 0))[0];
  const { lastFailedMs, lastError, lastFailure } = lastFailed?.evidence.test ?? {};
  const pending = untested.flatMap(({ pendingUntilMs }) => pendingUntilMs ?? []);
  const testState =
    working.length >= needed ? 'working' : counted.length - failing.length < needed ? 'failing' : 'untested';
  return {
    profile,
    targets,
    testState,
    test: {
      lastSucceededMs: known(({ test }) => test.lastSucceededMs),
      lastFailedMs,
      lastError: lastFailed === undefined ? undefined : `${lastFailed.targetKey}: ${lastError ?? ''}`,
      lastFailure,
      latencyMs: working[0]?.test.latencyMs,
    },
    quality: qualityOfAll(working, needed),
    health: healthOfAll(testState, { working, failing, untested }, needed),
    lastFullMs: known(({ lastFullMs }) => lastFullMs),
    lastSizeMs: known(({ lastSizeMs }) => lastSizeMs),
    pendingUntilMs: testState === 'untested' && pending.length > 0 ? Math.max(...pending) : undefined,
  };
}

type ByState = Readonly<Record<'working' | 'failing' | 'untested', readonly Evidence[]>>;

/** That of the target on which it depends: with one more of those before it, the port would be in another state. */
function healthOfAll(
  testState: Evidence['testState'],
  { working, failing, untested }: ByState,
  needed: number,
): Health | undefined {
  switch (testState) {
    case 'working': {
      const healths = healthsIn(working, 'working');
      return [...healths].sort((a, b) => doubtOf(a) - doubtOf(b) || a.sinceMs - b.sinceMs)[needed - 1];
    }
    case 'failing': {
      const tolerated = working.length + failing.length + untested.length - needed;
      return [...healthsIn(failing, 'failing')].sort((a, b) => a.sinceMs - b.sinceMs)[tolerated];
    }
    case 'untested':
      return untested[0]?.health;
  }
}

function healthsIn<S extends Health['state']>(
  evidence: readonly Evidence[],
  state: S,
): readonly Extract<Health, { state: S }>[] {
  return evidence.flatMap(({ health }) => (health?.state === state ? [health as Extract<Health, { state: S }>] : []));
}

function doubtOf({ suspicion }: Extract<Health, { state: 'working' }>): number {
  return suspicion === undefined ? 0 : 1;
}

/** As many as are needed do well: good. Too few that are not poor: poor. */
function qualityOfAll(working: readonly Evidence[], needed: number): Quality {
  const qualities = working.map(({ quality }) => quality);
  const poor = qualities.find(({ kind }) => kind === 'poor');
  if (poor !== undefined && qualities.filter(({ kind }) => kind !== 'poor').length < needed) return poor;
  const good = qualities.filter(({ kind }) => kind === 'good');
  return good[needed - 1] ?? { kind: 'unknown' };
}
