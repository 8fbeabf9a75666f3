import { expect, it } from '@jest/globals';
import { Backoff } from './backoff.js';

it('doubles up to the longest wait, and begins anew after a reset', () => {
  const backoff = new Backoff(50, 300);
  expect([1, 2, 3, 4, 5].map(() => backoff.delayMs())).toEqual([50, 100, 200, 300, 300]);
  backoff.reset();
  expect(backoff.delayMs()).toBe(50);
});
