import { describe, expect, it } from '@jest/globals';

import { bounded, seriesName, seriesParts, sum } from './counts.js';

describe('counts', () => {
  it('name series by texts of any kind', () => {
    const parts = ['app', 'a "quoted" name', '', 'ünder,way'];
    expect(seriesParts(seriesName(...parts))).toEqual(parts);
  });

  it('add up, also where one has fewer numbers', () => {
    const total = sum([
      new Map([['a', [1, 2]]]),
      new Map([
        ['a', [10]],
        ['b', [5]],
      ]),
    ]);
    expect([...total]).toEqual([
      ['a', [11, 2]],
      ['b', [5]],
    ]);
  });

  it('keep the largest within their bound, and lose nothing of the sum', () => {
    const counts = new Map([...Array(10).keys()].map((each) => [`s${each}`, [each, 1]]));
    const kept = bounded(counts, 3, () => 'rest');
    expect([...kept.keys()]).toEqual(['s9', 's8', 's7', 'rest']);
    expect(kept.get('rest')).toEqual([21, 7]);
    expect(bounded(counts, 10, () => 'rest')).toBe(counts);
  });
});
