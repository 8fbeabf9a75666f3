import type { Plan } from './plan.js';

/** Plans with a fault less, or one that does not end: what to try next to find the least that breaks the law. */
export function smallerPlans(plan: Plan): readonly Plan[] {
  const { faults } = plan;
  const fewer = faults.map((_, index) => ({ ...plan, faults: faults.toSpliced(index, 1) }));
  const lasting = faults.flatMap((each, index) =>
    each.untilMs === undefined ? [] : [{ ...plan, faults: faults.with(index, { ...each, untilMs: undefined }) }],
  );
  return [...(faults.length > 1 ? fewer : []), ...lasting];
}

/** The least plan that breaks the law still, by trying. */
export async function shrink(plan: Plan, breaks: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  for (const smaller of smallerPlans(plan)) {
    if (await breaks(smaller)) return shrink(smaller, breaks);
  }
  return plan;
}
