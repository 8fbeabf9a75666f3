import { expect, it } from '@jest/globals';

import { leftOut } from './left-out.js';
import { planOf, without } from './plan.js';

it('leaves most plans something to suffer', () => {
  const kinds = new Set(leftOut.keys());
  const seeds = Array.from({ length: 1_000 }, (_, index) => index);
  const empty = seeds.filter((seed) => without(planOf(seed), kinds).faults.length === 0);
  expect(empty.length).toBeLessThan(seeds.length / 5);
});
