import { expect, it } from '@jest/globals';

import { oncePer } from './index.js';

it.each<[string, unknown]>([
  ['an object', { n: 1 }],
  ['undefined', undefined],
])('makes %s once for each value', (_what, answer) => {
  let made = 0;
  const make = oncePer<{ readonly id: number }, unknown>(() => {
    made += 1;
    return answer;
  });
  const [one, alike] = [{ id: 1 }, { id: 1 }];
  expect([make(one), make(one), make(alike)]).toEqual([answer, answer, answer]);
  expect(made).toBe(2);
});
