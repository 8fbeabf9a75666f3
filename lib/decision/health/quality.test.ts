import { describe, expect, it } from '@jest/globals';

import { qualityOf } from './quality.js';
import type { TestOutcome } from './outcome.js';

const thresholds = { lossPercent: { poorFrom: 20, goodBelow: 10 }, latencyMs: { poorFrom: 500, goodBelow: 300 } };

/**
 * One attempt a letter, `spacingMs` apart: `.` answered within 20 ms, `s` within a second, `x` silence, `r` refused,
 * `l` this device could not try.
 */
function outcomesOf(letters: string, spacingMs = 4_000): readonly TestOutcome[] {
  return Array.from(letters, (letter, position): TestOutcome => {
    const startedMs = 10_000 + position * spacingMs;
    return {
      probeKind: 'keepalive',
      layer: 'path',
      startedMs,
      endedMs: startedMs + 20,
      result: resultOf(letter),
      trafficAnsweredMs: undefined,
    };
  });
}

function resultOf(letter: string): TestOutcome['result'] {
  switch (letter) {
    case '.':
      return { kind: 'answered', latencyMs: 20 };
    case 's':
      return { kind: 'answered', latencyMs: 1_000 };
    case 'r':
      return { kind: 'failed', failure: 'refused', detail: 'refused', silent: false };
    case 'l':
      return { kind: 'failed', failure: 'local', detail: 'no socket', silent: false };
    default:
      return { kind: 'failed', failure: 'timeout', detail: 'no answer', silent: true };
  }
}

const GOOD60 = '.'.repeat(60);

describe('qualityOf', () => {
  it.each([
    { what: 'nothing is known', letters: '', kind: 'unknown', loss: undefined },
    { what: 'nine answers are too few', letters: '.........', kind: 'unknown', loss: undefined },
    { what: 'ten do', letters: '..........', kind: 'good', loss: 0 },
    { what: 'eleven lost in a row are not twelve of sixty', letters: 'x'.repeat(11), kind: 'unknown', loss: undefined },
    { what: 'twelve are, however few there were', letters: 'x'.repeat(12), kind: 'poor', loss: 100 },
    { what: 'half lost shows after 24', letters: '.x'.repeat(12), kind: 'poor', loss: 50 },
    { what: 'a fifth lost reaches the threshold', letters: '....x'.repeat(12), kind: 'poor', loss: 20 },
    {
      what: 'a tenth lost is neither good nor poor',
      letters: '.........x'.repeat(6),
      kind: 'unknown',
      loss: undefined,
    },
    { what: 'one of twenty is good', letters: `${'.'.repeat(19)}x`.repeat(3), kind: 'good', loss: 5 },
    {
      what: 'between the two values it stays poor',
      letters: `${'....x'.repeat(12)}${'.'.repeat(25)}`,
      kind: 'poor',
      loss: 12,
    },
    {
      what: 'below the lower one it is good again',
      letters: `${'....x'.repeat(12)}${'.'.repeat(35)}`,
      kind: 'good',
      loss: 8,
    },
    { what: 'a little while says nothing', letters: `${'x'.repeat(12)}${'.'.repeat(30)}`, kind: 'poor', loss: 29 },
    { what: 'one answer that is slow is none', letters: `${GOOD60}s`, kind: 'good', loss: 0 },
    { what: 'all slow', letters: `${GOOD60}${'s'.repeat(10)}`, kind: 'poor', loss: 0 },
    { what: 'slow, and quick again for a while', letters: `${'s'.repeat(60)}${'.'.repeat(5)}`, kind: 'poor', loss: 0 },
    { what: 'and for long', letters: `${'s'.repeat(60)}${'.'.repeat(20)}`, kind: 'good', loss: 0 },
    { what: 'who refuses has answered', letters: 'r'.repeat(20), kind: 'good', loss: 0 },
    { what: 'what this device could not try says nothing', letters: 'l'.repeat(20), kind: 'unknown', loss: undefined },
  ])('$what', ({ letters, kind, loss }) => {
    const quality = qualityOf(outcomesOf(letters), thresholds, 0);
    expect(quality.kind).toBe(kind);
    expect(quality.kind === 'unknown' ? undefined : Math.round(quality.lossPercent)).toBe(loss);
  });

  it('counts a burst as one attempt', () => {
    const calm = outcomesOf(GOOD60);
    const burst = outcomesOf('x'.repeat(16), 50).map((one) => ({ ...one, startedMs: one.startedMs + 1_000_000 }));
    expect(qualityOf([...calm, ...burst], thresholds, 0)).toMatchObject({ kind: 'good' });
  });

  it('forgets what was before link and address were lost', () => {
    expect(qualityOf(outcomesOf('x'.repeat(20)), thresholds, 1_000_000)).toEqual({ kind: 'unknown' });
    expect(qualityOf(outcomesOf(GOOD60), thresholds, undefined)).toEqual({ kind: 'unknown' });
  });

  it('minds only what somebody minds', () => {
    const loss = { ...thresholds, latencyMs: undefined };
    expect(qualityOf(outcomesOf('s'.repeat(20)), loss, 0).kind).toBe('good');
    const latency = { ...thresholds, lossPercent: undefined };
    expect(qualityOf(outcomesOf('.x'.repeat(20)), latency, 0).kind).toBe('good');
  });
});
