import { describe, expect, it } from '@jest/globals';

import { inLabs } from './in-labs.js';
import { planOf } from './plan.js';
import { outcomeText } from './report.js';

const SEEDS = 10;
const LABS = 4;

describe('the law', () => {
  it(`holds for ${SEEDS} seeds`, async () => {
    const plans = Array.from({ length: SEEDS }, (_, index) => ({
      name: `seed ${index + 1}`,
      plan: planOf(index + 1),
    }));
    const outcomes = await inLabs(plans, LABS);
    const wrong = outcomes.filter(([, outcome]) => outcome.kind === 'broken' || outcome.result.violations.length > 0);
    expect(wrong.map(([plan, outcome]) => outcomeText(plan, outcome))).toEqual([]);
    // A ship of which nothing is ever claimed breaks no law either.
    const looked = outcomes.filter(([, outcome]) => outcome.kind === 'ran' && outcome.result.checks > 0);
    expect(looked.length).toBeGreaterThan(SEEDS / 2);
  }, 300_000);
});
