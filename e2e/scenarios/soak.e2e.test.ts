import { expect, it } from '@jest/globals';

import { outcomeText, soak } from '../soak/soak.js';

/** A part of `npm run soak` that there is time for in every run of the tests. */
const FOR_MS = 60_000;

it('a ship endures mixes of faults, and everything is as before after each', async () => {
  const outcomes = await soak({ seed: 1, forMs: FOR_MS });
  expect(outcomes.filter(({ violations }) => violations.length > 0).map(outcomeText)).toEqual([]);
  expect(outcomes.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThan(100);
}, 300_000);
