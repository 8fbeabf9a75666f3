import {
  decide,
  type Decision,
  type DecisionMemory,
  type DecisionPolicy,
  type NetworkInstancePolicy,
  type Selection,
} from '../../../lib/decision/decide/index.js';
import type { Sliced } from '../../../lib/slices/index.js';
import type { NetworkSnapshot } from '../../../lib/decision/snapshot/index.js';

/** What a network instance would come to by itself, if nothing else happened. */
export interface Future {
  readonly selection: Selection;
  /** Monotonic milliseconds of its last change of port. */
  readonly atMs: number;
}

/** What would be decided, and what that would come to. */
export interface Foreseen {
  readonly atOnce: Decision;
  /** By UUID of the network instances whose port would change after the first decision. */
  readonly later: ReadonlyMap<string, Future>;
}

/**
 * Each look ends a hold, or a wait for a first test, and nothing begins one, so a few do; this bounds the work whatever
 * is configured.
 */
const MOST_DECISIONS = 20;

/** Decides, and decides again for each network instance whenever a decision announces another one, as NIM would. */
export function* foresee(
  snapshot: NetworkSnapshot,
  policy: DecisionPolicy,
  memory: DecisionMemory,
  nowMs: number,
): Sliced<Foreseen> {
  yield;
  const atOnce = decide(snapshot, policy, memory, nowMs);
  const later = new Map<string, Future>();
  if (atOnce.nextDecisionAtMs === undefined) return { atOnce, later };
  for (const networkInstance of policy.networkInstances) {
    const future = futureOf(networkInstance, snapshot, policy, atOnce.memory, nowMs);
    if (future !== undefined) later.set(networkInstance.id, future);
    yield;
  }
  return { atOnce, later };
}

/**
 * Alone: each network instance gets what it would get among the others, and hundreds may each have a hold of their own.
 */
function futureOf(
  networkInstance: NetworkInstancePolicy,
  snapshot: NetworkSnapshot,
  policy: DecisionPolicy,
  memory: DecisionMemory,
  nowMs: number,
): Future | undefined {
  const { id } = networkInstance;
  const alone = { ...policy, networkInstances: [networkInstance] };
  let latest = decide(snapshot, alone, memory, nowMs);
  let atMs: number | undefined;
  for (let decisions = 0; decisions < MOST_DECISIONS && latest.nextDecisionAtMs !== undefined; decisions += 1) {
    const decideAtMs = latest.nextDecisionAtMs;
    const next = decide(snapshot, alone, latest.memory, decideAtMs);
    if (next.memory.selections.get(id)?.port !== latest.memory.selections.get(id)?.port) atMs = decideAtMs;
    latest = next;
  }
  const selection = latest.selections.get(id);
  return selection === undefined || atMs === undefined ? undefined : { selection, atMs };
}
