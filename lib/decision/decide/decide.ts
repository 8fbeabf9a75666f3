import { resultForSameKind, kindOf } from './same-kind.js';
import type { NetworkSnapshot } from '../snapshot/index.js';
import type { AssessmentInputs } from './assess.js';
import { readerFor } from './evidence.js';
import type { DecisionMemory, PortMemory, SelectionMemory } from './memory.js';
import type { DecisionPolicy } from './policy.js';
import { rememberPort } from './port-memory.js';
import { Profiles } from './profiles.js';
import { selectPort, type SelectionResult } from './select.js';
import type { Selection } from './selection.js';
import { targetOutages } from './target-outages.js';

export interface Decision {
  /** By UUID; every active network instance has one, with or without a port. */
  readonly selections: ReadonlyMap<string, Selection>;
  /** To be handed to the next call. */
  readonly memory: DecisionMemory;
  /** Monotonic time at which to decide again even if nothing happens; undefined: only when something does. */
  readonly nextDecisionAtMs: number | undefined;
}

/**
 * Which port each network instance is to use, and why (docs/design.md#choice). Pure: what was before comes in as
 * `memory`, the time as `nowMs` (monotonic milliseconds). Deciding again with its own memory and nothing changed
 * decides the same.
 */
export function decide(
  snapshot: NetworkSnapshot,
  policy: DecisionPolicy,
  memory: DecisionMemory,
  nowMs: number,
): Decision {
  const profiles = Profiles.of(policy, snapshot, memory);
  const ports = new Map<string, PortMemory>();
  // A port that has just become usable has answered nothing yet, by which a target could be judged.
  const isOutOfOrder = targetOutages(snapshot, (label) => memory.ports.get(label)?.usableSinceMs);
  for (const port of policy.ports) {
    const { label } = port;
    const known = rememberPort(
      memory.ports.get(label),
      snapshot.ports.get(label),
      profiles.ofPort(port),
      nowMs,
      isOutOfOrder,
    );
    ports.set(label, known);
  }
  const inputs: AssessmentInputs = { snapshot, policy, ports, profiles, evidence: readerFor(snapshot, ports) };
  const selections = new Map<string, Selection>();
  const selectionMemories = new Map<string, SelectionMemory>();
  let nextDecisionAtMs: number | undefined;
  /** By kind. */
  const results = new Map<string, SelectionResult>();
  for (const networkInstance of policy.networkInstances) {
    if (!networkInstance.active) continue;
    const { id } = networkInstance;
    const before = memory.selections.get(id);
    const kind = kindOf(networkInstance, policy, before);
    const known = results.get(kind);
    const result =
      known === undefined
        ? selectPort(networkInstance, inputs, before, nowMs)
        : resultForSameKind(known, networkInstance);
    results.set(kind, result);
    selections.set(id, result.selection);
    selectionMemories.set(id, result.memory);
    nextDecisionAtMs = earlier(nextDecisionAtMs, result.nextDecisionAtMs);
  }
  return { selections, memory: { ports, selections: selectionMemories }, nextDecisionAtMs };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
