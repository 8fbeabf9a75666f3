import { describe, expect, it } from '@jest/globals';

import { widenedRange } from './ping-permission.js';

describe('widenedRange', () => {
  it.each([
    ['1\t0', 0, '0 0'],
    ['1 0\n', 0, '0 0'],
    ['100\t200', 0, '0 200'],
    ['7 7', 0, '0 7'],
    ['0\t0', 0, undefined],
    ['0\t2147483647', 0, undefined],
    ['1\t0', 998, '998 998'],
    ['0\t0', 998, '0 998'],
    ['100\t1000', 998, undefined],
  ])('%j, for group %i, becomes %j', (before, group, after) => {
    expect(widenedRange(before, group)).toBe(after);
  });
});
