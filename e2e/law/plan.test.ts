import { describe, expect, it } from '@jest/globals';

import { deviceFaultKinds, portFaultKinds } from '../../lab/index.js';
import { planFromText, planOf, planText, targets, without } from './plan.js';

const seeds = Array.from({ length: 1_000 }, (_, index) => index);

describe('the plan of a seed', () => {
  it('is the same each time, and another for another seed', () => {
    expect(planOf(7)).toEqual(planOf(7));
    const different = new Set(seeds.map((seed) => planText(planOf(seed))));
    expect(different.size).toBeGreaterThan(990);
  });

  it('is read back from its text', () => {
    for (const seed of seeds) expect(planFromText(planText(planOf(seed)))).toEqual(planOf(seed));
  });

  it('has one to three faults, and every kind and target comes up', () => {
    const plans = seeds.map(planOf);
    expect(new Set(plans.map(({ faults }) => faults.length))).toEqual(new Set([1, 2, 3]));
    const kinds = new Set(plans.flatMap(({ faults }) => faults.map(({ fault }) => fault.kind)));
    expect(kinds).toEqual(new Set([...portFaultKinds, ...deviceFaultKinds]));
    expect(new Set(plans.map(({ target }) => target))).toEqual(new Set(targets));
  });

  it('can be had without some kinds', () => {
    const plan = planFromText('target tcp; eth0 portal 1-; device nim-killed 2-; sat0 loss=0.2 0.5-9');
    expect(planText(without(plan, new Set(['portal', 'loss'])))).toBe('target tcp; device nim-killed 2-');
  });

  it.each(['', 'target mail', 'target tcp; eth0 portal', 'target tcp; eth0 tired 1-', 'target tcp; portal 1-2'])(
    '%j is none',
    (text) => {
      expect(() => planFromText(text)).toThrow();
    },
  );
});
