import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { NetworkSnapshot } from '../snapshot/index.js';
import { assessPorts, isContender } from './assess.js';
import { readerFor } from './evidence.js';
import type { Candidate } from './candidate.js';
import { explainCandidates } from './candidates.js';
import { chooseContender, rankContenders } from './choose.js';
import type { DecisionMemory } from './memory.js';
import type { DecisionPolicy } from './policy.js';
import { Profiles } from './profiles.js';

/**
 * Which ports an operation of the device may use, in order of preference, and why not the others. An operation has no
 * port in use: each transfer begins with the best one. By the same evaluation as for network instances.
 */
export function rankPortsForOperation(
  operation: NetworkOperation,
  snapshot: NetworkSnapshot,
  policy: DecisionPolicy,
  memory: DecisionMemory,
  nowMs: number,
): readonly Candidate[] {
  const { ports } = memory;
  const inputs = {
    snapshot,
    policy,
    ports,
    profiles: Profiles.of(policy, snapshot, memory),
    evidence: readerFor(snapshot, ports),
  };
  const assessments = assessPorts({ kind: 'operation', operation }, inputs, undefined);
  const contenders = assessments.filter(isContender).map(({ port, testState }) => ({
    ...{ port, cost: port.priority, testState, quality: 'unknown' as const, holdUntilMs: 0 },
    ...{ newlyPreferred: false, pendingUntilMs: undefined },
  }));
  const ranked = rankContenders(contenders, undefined);
  return explainCandidates(assessments, ranked, chooseContender(ranked, undefined, nowMs), 0, () => '');
}
