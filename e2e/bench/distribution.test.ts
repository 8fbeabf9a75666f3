import { describe, expect, it } from '@jest/globals';

import { distributionTable, percentile } from './distribution.js';

describe('percentile', () => {
  it.each([
    { share: 0.5, want: 50 },
    { share: 0.99, want: 99 },
    { share: 1, want: 100 },
    { share: 0, want: 1 },
  ])('is the nearest rank at $share', ({ share, want }) => {
    expect(
      percentile(
        Array.from({ length: 100 }, (_, index) => 100 - index),
        share,
      ),
    ).toBe(want);
  });

  it('is no number where nothing was measured', () => {
    expect(percentile([], 0.5)).toBeNaN();
    expect(distributionTable([{ what: 'nothing', unit: 'ms', values: [] }])).toContain('nothing');
  });
});
