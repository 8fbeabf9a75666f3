import { describe, expect, it } from '@jest/globals';

import type { HealthSettings, TrafficAnswered } from './health.js';
import { healthOf } from './read-health.js';
import { newRecord, withOutcome, type FailureKind, type TestOutcome, type TestRecord } from './outcome.js';

const settings: HealthSettings = {
  failAfter: 3,
  recoverAfter: 2,
  slowestMs: undefined,
  patienceMs: 0,
  light: false,
};

function upTo(timeMs: number | undefined, mostMs: number): number | undefined {
  return timeMs === undefined ? undefined : Math.min(timeMs, mostMs);
}

const inFull = { probeKind: 'full', layer: 'application' } as const;
const byTcp = { probeKind: 'keepalive', layer: 'tcp' } as const;
const kinds: Readonly<Record<string, Pick<TestOutcome, 'probeKind' | 'layer'>>> = {
  ...{ f: inFull, t: inFull, l: inFull, c: byTcp, r: byTcp },
  p: { probeKind: 'keepalive', layer: 'path' },
  s: { probeKind: 'size', layer: 'size' },
};

/**
 * Attempts, one a second, from second 1: `F` a full test that succeeds, `f` one that is refused, `t` one without an
 * answer, `l` one that this device could not make; `P` and `p` an echo with and without an answer; `C` a connection
 * that somebody accepts, `c` one that nobody answers, `r` one that is refused; `S` and `s` a packet of full size that
 * comes through, and is lost. The first column of a case; spaces do not count.
 */
function recordOf(attempts: string, latencyMs = 20, trafficAnsweredMs?: number): TestRecord {
  return Array.from(attempts.replaceAll(' ', '')).reduce((record, letter, index) => {
    const startedMs = (index + 1) * 1000;
    const answered = 'FPCS'.includes(letter);
    return withOutcome(record, {
      ...(kinds[letter.toLowerCase()] ?? inFull),
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
      trafficAnsweredMs: upTo(trafficAnsweredMs, startedMs + latencyMs),
      tcpAnsweredMs: upTo(trafficAnsweredMs, startedMs + latencyMs),
    });
  }, newRecord(0));
}

const failures: Readonly<Record<string, FailureKind>> = { f: 'refused', l: 'local', r: 'refused' };

function read(attempts: string, changes: Partial<HealthSettings> = {}): string {
  const health = healthOf(recordOf(attempts), { ...settings, ...changes }, 0);
  const suspicion = health.state !== 'failing' && health.suspicion !== undefined;
  const why = health.state === 'failing' ? ` (${health.cause} since ${health.sinceMs / 1000})` : '';
  return `${health.state}${why}${suspicion ? ' suspect' : ''}`;
}

const WORKED = 'F' + 'P'.repeat(60);

describe('what a line loses', () => {
  const needed = (attempts: string): number | undefined => {
    const health = healthOf(recordOf(attempts), settings, 0);
    return health.state === 'working' ? health.failuresNeeded : undefined;
  };

  it('is not what was lost while the path was dead', () => {
    expect(needed(WORKED)).toBe(settings.failAfter);
    // First answered by an echo, and by a full test.
    expect(needed(`${WORKED} ${'p c'.repeat(8)} P F F P P`)).toBe(settings.failAfter);
    expect(needed(`${WORKED} ${'p c'.repeat(8)} F F P C P`)).toBe(settings.failAfter);
  });

  it('is what was lost between answers', () => {
    expect(needed(`F ${'P p'.repeat(20)}`)).toBeGreaterThan(settings.failAfter);
  });
});

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
    // Silence: a perfect path is believed dead after four, where connections are not answered either.
    [`${WORKED} p c p`, 'working suspect'],
    [`${WORKED} p c p c`, 'failing (silent since 62)'],
    [`${WORKED} p c p P p c p`, 'working suspect'],
    // Echoes alone: somebody may drop just them.
    [`${WORKED} p p p p p p`, 'working suspect'],
    [`${WORKED} p p p p p p F`, 'working'],
    // A connection that somebody on the way accepts proves nothing of the path, and a target that stays silent does.
    [`${WORKED} p C p C p C p`, 'working suspect'],
    [`${WORKED} p C p C p C t`, 'failing (silent since 62)'],
    // Where echoes are not asked for, it is a sign of life.
    [`${WORKED} c c c C c c`, 'working suspect'],
    [`${WORKED} c c c C`, 'working'],
    [`${WORKED} c c c c`, 'failing (silent since 62)'],
    // A refusal may come from anybody: no sign of life, and the target's own test would meet it.
    [`${WORKED} p r p`, 'working suspect'],
    [`${WORKED} r r r`, 'failing (test since 62)'],
    // With patience, only when it has lasted.
    [`${WORKED} p c p c`, 'working suspect', { patienceMs: 5000 }],
    [`${WORKED} p c p c p c`, 'failing (silent since 62)', { patienceMs: 5000 }],
    // A path that loses every third needs more.
    [`F ${'P P p'.repeat(20)} p c p c p c p`, 'working suspect'],
    [`F ${'P P p'.repeat(20)} ${'p c '.repeat(7)}`, 'failing (silent since 61)'],
    // So does one of which little is known.
    ['F P p c p c', 'working suspect'],
    ['F P p c p c p c p c p c', 'failing (silent since 3)'],
    // The loss of a dead path is not the loss of the path.
    [`${WORKED} ${'pc'.repeat(15)} F F p c p c`, 'failing (silent since 94)'],
    // A full test that stays without an answer counts both ways.
    [`${WORKED} t p p p`, 'failing (silent since 62)'],
    [`${WORKED} t P t P t`, 'failing (test since 62)'],
    // On a line that loses every third packet full tests are late, too.
    [`F ${'P P p'.repeat(20)} P t P t P t P`, 'working suspect'],
    [`F ${'P P p'.repeat(20)} ${'P t '.repeat(20)}`, 'failing (test since 63)'],
    // Large packets are lost: only where one had come through, and small ones do.
    [`${WORKED} s s s s s s`, 'working'],
    [`${WORKED} S s P s s`, 'working suspect'],
    [`${WORKED} S s P s s s`, 'failing (size since 63)'],
    [`${WORKED} S s s s s s`, 'working suspect'],
    [`${WORKED} S s P s s S`, 'working'],
    [`${WORKED} S s P s s s F F P`, 'failing (size since 63)'],
    [`${WORKED} S s P s s s S S`, 'working'],
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
    { what: 'before it', attempts: `${WORKED} p c p c`, answeredMs: 61_500, want: 'failing' },
    { what: 'within it', attempts: `${WORKED} p c p c`, answeredMs: 63_500, want: 'working' },
    { what: 'within it, and no longer', attempts: `${WORKED} p c p c p c p`, answeredMs: 63_500, want: 'failing' },
  ])('of a path with apps that were answered last $what', ({ attempts, answeredMs, want }) => {
    const health = healthOf(recordOf(attempts, 20, answeredMs), settings, 0, {
      answeredMs,
      tcpAnsweredMs: answeredMs,
    });
    expect(health.state).toBe(want);
    if (want === 'failing') expect(health).toMatchObject({ sinceMs: Math.ceil(answeredMs / 1000) * 1000 });
  });

  it('does not take back a verdict because a packet comes later', () => {
    expect(healthOf(recordOf(`${WORKED} p c p c`), settings, 0, { answeredMs: 99_000 }).state).toBe('failing');
  });

  it('forgets what was before link or address were lost', () => {
    const record = recordOf('F f f f');
    expect(healthOf(record, settings, 10_000)).toEqual({ state: 'untested', suspicion: undefined });
    expect(healthOf(record, settings, undefined)).toEqual({ state: 'untested', suspicion: undefined });
    expect(healthOf(record, settings, 1_500)).toMatchObject({ state: 'failing' });
  });

  it('says how far a suspicion has come', () => {
    expect(healthOf(recordOf(`${WORKED} p p`), settings, 0)).toEqual({
      state: 'working',
      sinceMs: 1020,
      suspicion: { sinceMs: 62_000, failed: 0, silences: 2, sizeFailed: 0 },
      silencesNeeded: 4,
      failuresNeeded: 3,
      sizesNeeded: 4,
      lossy: false,
      sizeProven: false,
      contradiction: { sinceMs: 62_000, unanswered: 2, needed: 2 },
    });
  });

  it('says of echoes that are unanswered while apps are answered, until the target is', () => {
    const of = (attempts: string) => healthOf(recordOf(attempts), settings, 0, { answeredMs: 1e9, tcpAnsweredMs: 1e9 });
    expect(of(`${WORKED} p p`)).toMatchObject({ suspicion: undefined, contradiction: { unanswered: 2 } });
    expect(of(`${WORKED} p p P`)).toMatchObject({ contradiction: undefined });
    expect(of(`${WORKED} p p F`)).toMatchObject({ contradiction: undefined });
  });

  it('takes what was answered by other means than TCP for no answer to TCP', () => {
    const of = (attempts: string, traffic: TrafficAnswered): string =>
      healthOf(recordOf(attempts), { ...settings, light: true }, 0, traffic).state;
    const light = 'F'.repeat(61);
    expect(of(`${light} t t t t`, { answeredMs: 70_000 })).toBe('failing');
    expect(healthOf(recordOf(`${light} t t t`), { ...settings, light: true }, 0, { answeredMs: 70_000 })).toMatchObject(
      {
        suspicion: { silences: 3 },
      },
    );
    expect(
      healthOf(recordOf(`${light} t t t`), { ...settings, light: true }, 0, { tcpAnsweredMs: 70_000 }),
    ).toMatchObject({ suspicion: undefined });
  });

  it('takes an attempt that began before an answer which came later for no doubt', () => {
    const at = (startedMs: number, endedMs: number, answered: boolean): TestOutcome => ({
      ...{ probeKind: 'keepalive', layer: 'path', startedMs, endedMs, trafficAnsweredMs: undefined },
      result: answered
        ? { kind: 'answered', latencyMs: endedMs - startedMs }
        : { kind: 'failed', failure: 'timeout', detail: 'no answer', silent: true },
    });
    const full: TestOutcome = { ...at(70_100, 70_200, true), ...inFull };
    const record = [full, at(70_000, 70_300, false)].reduce(withOutcome, recordOf(WORKED));
    expect(healthOf(record, settings, 0)).toMatchObject({ state: 'working', suspicion: undefined });
  });
});
