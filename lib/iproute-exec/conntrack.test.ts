import { describe, expect, it } from '@jest/globals';
import { deleteFlowsByMark, flowsInSummary } from './conntrack.js';

describe('flowsInSummary', () => {
  it.each([
    ['conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.\n', 0],
    ['conntrack v1.4.7 (conntrack-tools): 12345 flow entries have been shown.\n', 12_345],
    ['conntrack v1.4.7 (conntrack-tools): Operation failed: Operation not permitted\n', undefined],
    ['', undefined],
  ])('%j', (stderr, count) => {
    expect(flowsInSummary(stderr)).toBe(count);
  });
});

it.each([
  [-1, 1],
  [1, 2 ** 32],
  [0.5, 1],
  [Number.NaN, 1],
])('refuses mark %d/%d', async (mark, mask) => {
  await expect(deleteFlowsByMark({ mark, mask })).rejects.toThrow(/no 32-bit number/);
});
