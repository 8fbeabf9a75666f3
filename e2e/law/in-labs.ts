import type { Plan } from './plan.js';
import { LawRig } from './rig.js';
import { runPlan, type PlanResult } from './run-plan.js';

/** A plan, and what it is called. */
export interface NamedPlan {
  readonly name: string;
  readonly plan: Plan;
}

/** What came of a plan; `broken`: it could not be run to its end, and says nothing of the law. */
export type Outcome =
  | { readonly kind: 'ran'; readonly result: PlanResult }
  /** The ship did not become well again after the plan before, or a fault could not be inflicted. */
  | { readonly kind: 'broken'; readonly why: string };

/** What came of each plan. */
export type Outcomes = readonly (readonly [NamedPlan, Outcome])[];

/**
 * Runs all plans, in so many labs side by side, and tells of each as it ends. After a plan a lab is used again where
 * all becomes well there, and replaced where it does not.
 */
export async function inLabs(
  plans: readonly NamedPlan[],
  labs: number,
  onOutcome: (plan: NamedPlan, outcome: Outcome) => void = () => undefined,
): Promise<Outcomes> {
  const waiting = [...plans];
  const outcomes: (readonly [NamedPlan, Outcome])[] = [];
  const note = (plan: NamedPlan, outcome: Outcome): void => {
    outcomes.push([plan, outcome]);
    onOutcome(plan, outcome);
  };
  const inOne = async (): Promise<void> => {
    let rig: LawRig | undefined;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        rig = await calmRig(rig, next.plan);
        try {
          note(next, { kind: 'ran', result: await runPlan(rig, next.plan) });
        } catch (error) {
          note(next, { kind: 'broken', why: String(error) });
          await rig.destroy();
          rig = undefined;
        }
      }
    } finally {
      await rig?.destroy();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(labs, plans.length) }, inOne));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return outcomes;
}

/** The rig, when all is well there; a new one where it does not become so. */
async function calmRig(rig: LawRig | undefined, { target }: Plan): Promise<LawRig> {
  if (rig !== undefined) {
    try {
      await rig.calm(target);
      return rig;
    } catch (error) {
      console.error(`a new lab: ${String(error)}`);
      await rig.destroy();
    }
  }
  const fresh = await LawRig.launch();
  try {
    await fresh.calm(target);
    return fresh;
  } catch (error) {
    await fresh.destroy();
    throw error;
  }
}
