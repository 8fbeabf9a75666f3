import { describe, expect, it } from '@jest/globals';

import { healthOf, type HealthSettings } from './health.js';
import { newRecord, withOutcome, type FailureKind, type TestRecord } from './outcome.js';

const settings: HealthSettings = {
  failAfter: 3,
  recoverAfter: 2,
  slowestMs: undefined,
  patienceMs: 0,
  light: false,
};

/**
 * Attempts, one a second, from second 1: `F` a full test that succeeds, `f` one that is refused, `t` one without an
 * answer, `l` one that this device could not make; `P` and `p` a keepalive probe with and without an answer. The first
 * column of a case; spaces do not count.
 */
function recordOf(attempts: string, latencyMs = 20, trafficAnsweredMs?: number): TestRecord {
  return Array.from(attempts.replaceAll(' ', '')).reduce((record, letter, index) => {
    const startedMs = (index + 1) * 1000;
    const answered = letter === 'F' || letter === 'P';
    return withOutcome(record, {
      probeKind: letter.toLowerCase() === 'p' ? 'keepalive' : 'full',
      startedMs,
      endedMs: startedMs + latencyMs,
      result: answered
        ? { kind: 'answered', latencyMs }
        : {
            kind: 'failed',
            failure: failures[letter] ?? 'timeout',
            detail: 'as the test wants',
            silent: !(letter in failures),
          },
      trafficAnsweredMs:
        trafficAnsweredMs === undefined ? undefined : Math.min(trafficAnsweredMs, startedMs + latencyMs),
    });
  }, newRecord(0));
}

const failures: Readonly<Record<string, FailureKind>> = { f: 'refused', l: 'local' };

function read(attempts: string, changes: Partial<HealthSettings> = {}): string {
  const health = healthOf(recordOf(attempts), { ...settings, ...changes }, 0);
  const suspicion = health.state !== 'failing' && health.suspicion !== undefined;
  const why = health.state === 'failing' ? ` (${health.cause} since ${health.sinceMs / 1000})` : '';
  return `${health.state}${why}${suspicion ? ' suspect' : ''}`;
}

const worked = 'F' + 'P'.repeat(60);

describe('health', () => {
  const cases: readonly (readonly [attempts: string, want: string, changes?: Partial<HealthSettings>])[] = [
    ['', 'untested'],
    ['P', 'untested'],
    ['F', 'working'],
    ['f', 'untested suspect'],
    ['f f f', 'failing (test since 1)'],
    ['F f', 'working suspect'],
    ['F f f', 'working suspect'],
    ['F f f f', 'failing (test since 2)'],
    ['F f f', 'failing (test since 2)', { failAfter: 2 }],
    ['F f f F', 'working'],
    ['F l l l l l', 'working'],
    ['l l l', 'untested'],
    // A keepalive probe says nothing of what is behind the address.
    ['F f P f P f', 'failing (test since 2)'],
    ['F f f f F', 'failing (test since 2)'],
    ['F f f f F F', 'working'],
    ['F f f f F f F', 'failing (test since 2)'],
    ['F f f f P P P P', 'failing (test since 2)'],
    // Silence: a perfect path is believed dead after four.
    [`${worked} p p p`, 'working suspect'],
    [`${worked} p p p p`, 'failing (silent since 62)'],
    [`${worked} p p p P p p p`, 'working suspect'],
    // With patience, only when it has lasted.
    [`${worked} p p p p`, 'working suspect', { patienceMs: 5000 }],
    [`${worked} p p p p p p`, 'failing (silent since 62)', { patienceMs: 5000 }],
    // A path that loses every third needs more.
    [`F ${'P P p'.repeat(20)} p p p p p p p`, 'working suspect'],
    [`F ${'P P p'.repeat(20)} ${'p '.repeat(14)}`, 'failing (silent since 61)'],
    // So does one of which little is known.
    ['F P p p p p', 'working suspect'],
    ['F P p p p p p p p p p p', 'failing (silent since 3)'],
    // The loss of a dead path is not the loss of the path.
    [`${worked} ${'p'.repeat(30)} F F p p p p`, 'failing (silent since 94)'],
    // A full test that stays without an answer counts both ways.
    [`${worked} t p p p`, 'failing (silent since 62)'],
    [`${worked} t P t P t`, 'failing (test since 62)'],
    // A light target: its own test is a single packet.
    [`F${'F'.repeat(60)} t t t`, 'working suspect', { light: true }],
    [`F${'F'.repeat(60)} t t t t`, 'failing (silent since 62)', { light: true }],
    [`F${'F'.repeat(60)} t t t t`, 'working suspect', { light: true, failAfter: 6 }],
    [`F${'F'.repeat(60)} f f f`, 'failing (test since 62)', { light: true }],
  ];

  it.each(cases.map(([attempts, want, changes = {}]) => ({ attempts, want, changes })))(
    '$attempts $changes: $want',
    ({ attempts, want, changes }) => {
      expect(read(attempts, changes)).toBe(want);
    },
  );

  it('takes an answer that came too late for none', () => {
    expect(read('F F F', { slowestMs: 10 })).toBe('failing (test since 1)');
    expect(read('F F F', { slowestMs: 20 })).toBe('working');
  });

  it.each([
    // The silence begins at second 62.
    { what: 'before it', attempts: `${worked} p p p p`, answeredMs: 61_500, want: 'failing' },
    { what: 'within it', attempts: `${worked} p p p p`, answeredMs: 63_500, want: 'working' },
    { what: 'within it, and no longer', attempts: `${worked} p p p p p p p`, answeredMs: 63_500, want: 'failing' },
  ])('of a path with apps that were answered last $what', ({ attempts, answeredMs, want }) => {
    const health = healthOf(recordOf(attempts, 20, answeredMs), settings, 0, answeredMs);
    expect(health.state).toBe(want);
    if (want === 'failing') expect(health).toMatchObject({ sinceMs: Math.ceil(answeredMs / 1000) * 1000 });
  });

  it('does not take back a verdict because a packet comes later', () => {
    expect(healthOf(recordOf(`${worked} p p p p`), settings, 0, 99_000).state).toBe('failing');
  });

  it('forgets what was before link or address were lost', () => {
    const record = recordOf('F f f f');
    expect(healthOf(record, settings, 10_000)).toEqual({ state: 'untested', suspicion: undefined });
    expect(healthOf(record, settings, undefined)).toEqual({ state: 'untested', suspicion: undefined });
    expect(healthOf(record, settings, 1_500)).toMatchObject({ state: 'failing' });
  });

  it('says how far a suspicion has come', () => {
    expect(healthOf(recordOf(`${worked} p p`), settings, 0)).toEqual({
      state: 'working',
      sinceMs: 1020,
      suspicion: { sinceMs: 62_000, failed: 0, silences: 2 },
      silencesNeeded: 4,
    });
  });
});
