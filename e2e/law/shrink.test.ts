import { describe, expect, it } from '@jest/globals';

import { planFromText, planText, type Plan } from './plan.js';
import { shrink } from './shrink.js';

describe('shrinking a plan', () => {
  it.each([
    [
      'to what breaks the law alone',
      'target tcp; eth0 portal 1-9; device nim-killed 2-; sat0 loss=0.2 0.5-',
      (plan: Plan) => plan.faults.some(({ fault }) => fault.kind === 'portal'),
      'target tcp; eth0 portal 1-',
    ],
    [
      'to two where it takes both',
      'target tcp; eth0 portal 1-; device nim-killed 2-; sat0 loss=0.2 0.5-',
      (plan: Plan) => plan.faults.some(({ fault }) => fault.kind === 'portal') && plan.faults.length > 1,
      'target tcp; eth0 portal 1-; sat0 loss=0.2 0.5-',
    ],
    ['not where it does not come again', 'target tcp; eth0 portal 1-9', () => false, 'target tcp; eth0 portal 1-9'],
  ])('%s', async (_what, text, breaks, expected) => {
    const least = await shrink(planFromText(text), (plan) => Promise.resolve(breaks(plan)));
    expect(planText(least)).toBe(expected);
  });
});
