import { describe, expect, it } from '@jest/globals';

import { backoffMs } from './index.js';

describe('backoffMs', () => {
  it.each([
    { attempt: 0, ms: 50 },
    { attempt: 1, ms: 100 },
    { attempt: 4, ms: 800 },
    { attempt: 5, ms: 1_000 },
    { attempt: 5_000, ms: 1_000 },
    { attempt: 1, jitter: 0, ms: 100 },
    { attempt: 1, jitter: 0.5, ms: 75 },
    { attempt: 9, jitter: 1, ms: 500 },
  ])('doubles up to the most, less up to a half: %j', ({ ms, ...failed }) => {
    expect(backoffMs({ firstMs: 50, mostMs: 1_000, ...failed })).toBe(ms);
  });
});
