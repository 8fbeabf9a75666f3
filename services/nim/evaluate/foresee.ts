import { decide, type Decision, type DecisionMemory, type DecisionPolicy } from '../decide/index.js';
import type { NetworkSnapshot } from '../snapshot/index.js';

/** What would be decided, and what that would come to if nothing else happened. */
export interface Foreseen {
  readonly atOnce: Decision;
  readonly inTheEnd: Decision;
  /** By UUID of the network instances whose port would change after the first decision: when the last time, in monotonic milliseconds. */
  readonly settledAtMs: ReadonlyMap<string, number>;
}

/** Each look ends a hold, and nothing begins one, so there are few; this bounds the work whatever is configured. */
const mostLooks = 100;

/** Decides, and decides again each time that a decision announces another one, as NIM would. */
export function foresee(
  snapshot: NetworkSnapshot,
  policy: DecisionPolicy,
  memory: DecisionMemory,
  nowMs: number,
): Foreseen {
  const atOnce = decide(snapshot, policy, memory, nowMs);
  const settledAtMs = new Map<string, number>();
  let latest = atOnce;
  for (let looks = 0; looks < mostLooks && latest.nextLookAtMs !== undefined; looks += 1) {
    const atMs = latest.nextLookAtMs;
    const next = decide(snapshot, policy, latest.memory, atMs);
    for (const [id, { port }] of next.memory.selections) {
      if (port !== latest.memory.selections.get(id)?.port) settledAtMs.set(id, atMs);
    }
    latest = next;
  }
  return { atOnce, inTheEnd: latest, settledAtMs };
}
