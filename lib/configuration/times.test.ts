import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { durationInMs, durationOf, timestampOf, wallMsOf } from './index.js';

describe('times and lengths of time', () => {
  it.each([
    [0, 0n, 0],
    [1_500, 1n, 500_000_000],
    // Rounds up to a whole second, and not down to one less.
    [1_999.999_999_9, 2n, 0],
    [999.999_999_99, 1n, 0],
  ])('%d ms', (ms, seconds, nanos) => {
    expect(durationOf(ms)).toEqual({ seconds, nanos });
    expect(timestampOf(ms)).toEqual({ seconds, nanos });
  });

  it('come back as they went, to the nanosecond', () => {
    const lengths = fc.double({ min: 0, max: 1e10, noNaN: true });
    fc.assert(
      fc.property(lengths, (ms) => {
        expect(Math.abs(durationInMs(durationOf(ms)) - ms)).toBeLessThan(1e-5);
        expect(Math.abs(wallMsOf(timestampOf(ms)) - ms)).toBeLessThan(1e-5);
      }),
    );
  });

  it('are not negative, as far as lengths go', () => {
    expect(durationOf(-5)).toEqual({ seconds: 0n, nanos: 0 });
    expect(timestampOf(-500)).toEqual({ seconds: -1n, nanos: 500_000_000 });
  });
});
