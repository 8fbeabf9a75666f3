import { describe, expect, it } from '@jest/globals';

import { formatPriorities } from './format.js';

describe('prioritiesInWords', () => {
  it.each<[readonly number[], string]>([
    [[], 'no priority'],
    [[3], '3'],
    [[0, 1], '0, 1'],
    [[0, 1, 2], '0-2'],
    [[0, 2, 3, 4, 255], '0, 2-4, 255'],
    [Array.from({ length: 256 }, (_, priority) => priority), '0-255'],
  ])('%j', (priorities, words) => {
    expect(formatPriorities(priorities)).toBe(words);
  });
});
