import type { FaultKind } from '../../lab/index.js';
import { without, type Plan, type Target } from './plan.js';

/**
 * What a test by a target of this kind cannot tell from a way out, and why. Whoever chooses such a target is told so in
 * the operators' manual.
 */
export const leftOut: Readonly<Record<Target, ReadonlyMap<FaultKind, string>>> = {
  controller: new Map(),
  http: new Map(),
  tcp: new Map([
    ['portal', 'a connection is accepted by anybody on the way'],
    ['tcp-accelerated', 'a connection is accepted by anybody on the way'],
  ]),
};

/** The plan without what its target cannot tell. */
export function tellable(plan: Plan): Plan {
  return without(plan, new Set(leftOut[plan.target].keys()));
}
