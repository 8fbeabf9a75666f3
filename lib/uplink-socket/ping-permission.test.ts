import { describe, expect, it } from '@jest/globals';

import { widenedRange } from './ping-permission.js';

describe('widenedRange', () => {
  it.each([
    ['1\t0', '0 0'],
    ['1 0\n', '0 0'],
    ['100\t200', '0 200'],
    ['7 7', '0 7'],
    ['0\t0', undefined],
    ['0\t2147483647', undefined],
  ])('%j becomes %j', (before, after) => {
    expect(widenedRange(before)).toBe(after);
  });
});
