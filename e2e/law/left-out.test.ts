import { expect, it } from '@jest/globals';

import { tellable } from './left-out.js';
import { planFromText, planOf, planText } from './plan.js';

it('leaves nearly all plans something to suffer', () => {
  const seeds = Array.from({ length: 1_000 }, (_, index) => index);
  const empty = seeds.filter((seed) => tellable(planOf(seed)).faults.length === 0);
  expect(empty.length).toBeLessThan(seeds.length / 50);
});

it.each([
  ['target tcp; eth0 portal 1-; sat0 loss=0.2 0.5-9', 'target tcp; sat0 loss=0.2 0.5-9'],
  ['target http; eth0 portal 1-', 'target http; eth0 portal 1-'],
])('of %j leaves %j', (text, left) => {
  expect(planText(tellable(planFromText(text)))).toBe(left);
});
