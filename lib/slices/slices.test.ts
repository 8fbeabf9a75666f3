import { describe, expect, it } from '@jest/globals';

import { atOnce, inSlices, type Sliced } from './index.js';

function* counting(steps: number): Sliced<number> {
  let sum = 0;
  for (let step = 0; step < steps; step += 1) {
    sum += 1;
    yield;
  }
  return sum;
}

describe('work in slices', () => {
  it('comes to the same with pauses and without', async () => {
    expect(atOnce(counting(1_000))).toBe(1_000);
    expect(await inSlices(counting(1_000))).toBe(1_000);
  });

  it('lets others do something between two slices, and between no two where it fits into one', async () => {
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      counter = setImmediate(turn);
    };
    let counter = setImmediate(turn);
    await inSlices(counting(50), 0);
    const whileSliced = turns;
    await inSlices(counting(50), 60_000);
    clearImmediate(counter);
    expect(whileSliced).toBeGreaterThanOrEqual(49);
    expect(turns).toBe(whileSliced);
  });

  it('fails with what the work throws', async () => {
    const failing = function* (): Sliced<never> {
      yield;
      throw new Error('in the middle');
    };
    await expect(inSlices(failing(), 0)).rejects.toThrow('in the middle');
  });
});
