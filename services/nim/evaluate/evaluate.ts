import type {
  EvaluateRequest,
  EvaluateResponse,
  NetworkInstanceEvaluation,
  OperationEvaluation,
} from '../../../gen/nim/v1/network_interface_manager.js';
import type { NetworkInstanceTestStatus } from '../../../gen/nim/v1/network_instance_test_status.js';
import type { Clock } from '../../../lib/clock/index.js';
import { durationOf, operations } from '../../../lib/configuration/index.js';
import type { Sliced } from '../../../lib/slices/index.js';
import { rankPortsForOperation } from '../../../lib/decision/decide/index.js';
import {
  candidateMessage,
  portDifferences,
  testStatusOf,
  WallTime,
  type Published,
  type Publisher,
} from '../publish/index.js';
import type { NetworkSnapshot } from '../../../lib/decision/snapshot/index.js';
import { assume } from './assume.js';
import { draftOf, type Draft } from './draft.js';
import { foresee, type Foreseen } from './foresee.js';
import { describeFate, labelOf, describeOperation, rankedOf, type Fate } from './lines.js';

/**
 * What would be with another configuration or policy, and with ports as assumed: decided by the very functions that
 * decide, from what is known now. Changes nothing.
 * @throws RpcError INVALID_ARGUMENT with every problem of the request
 */
export function* evaluate(
  request: EvaluateRequest,
  published: Published,
  publisher: Pick<Publisher, 'networkInstanceTestStatuses'>,
  clock: Clock,
): Sliced<EvaluateResponse> {
  const nowMs = clock.monotonicMs();
  const wall = new WallTime(clock);
  const draft = yield* draftOf(request, published.configuration);
  const snapshot = assume(published, draft, nowMs);
  const statuses = new Map(publisher.networkInstanceTestStatuses().map((status) => [status.networkInstanceId, status]));
  const { configuration, decision } = published;
  const foreseen = yield* foresee(snapshot, draft.model, decision.memory, nowMs);
  const fates = fatesOf(published, foreseen, nowMs);
  const ofOperations = operations.map((operation) => ({
    operation,
    now: rankPortsForOperation(operation, published.snapshot, configuration.model, decision.memory, nowMs),
    wouldBe: rankPortsForOperation(operation, snapshot, draft.model, foreseen.atOnce.memory, nowMs),
  }));
  yield;
  const lines = [
    ...draft.dropped.map((words) => `${words}.`),
    ...notWatched(draft, snapshot),
    ...(request.config === undefined ? [] : notAsConfigured(draft, snapshot)),
    ...fates.flatMap(describeFate),
    ...ofOperations.flatMap(({ operation, now, wouldBe }) => describeOperation(operation, now, wouldBe)),
  ];
  const networkInstances: NetworkInstanceEvaluation[] = [];
  for (const fate of fates) {
    networkInstances.push(evaluationOf(fate, statuses, wall));
    yield;
  }
  return {
    configVersion: configuration.version,
    policyVersion: configuration.policyVersion,
    networkInstances,
    operations: ofOperations.map(({ operation, now, wouldBe }): OperationEvaluation => ({
      operation,
      now: now.map((candidate) => candidateMessage(candidate, wall)),
      wouldBe: wouldBe.map((candidate) => candidateMessage(candidate, wall)),
      changes: rankedOf(now).join() !== rankedOf(wouldBe).join(),
    })),
    lines: lines.length === 0 ? ['Nothing would change.'] : lines,
  };
}

/** Where ports are not as a configuration says: the host would have to see to it. */
function notAsConfigured({ model }: Draft, { ports }: NetworkSnapshot): readonly string[] {
  return model.ports.flatMap((port) => {
    const observation = ports.get(port.label)?.observation;
    const differences = observation === undefined ? [] : portDifferences(port, observation);
    return differences.map((difference) => `${port.label} is not as configured: ${difference}.`);
  });
}

/** Of all network instances of the draft, then of those that would be gone. */
function fatesOf({ decision }: Published, foreseen: Foreseen, nowMs: number): readonly Fate[] {
  const { atOnce } = foreseen;
  const gone = [...decision.selections.keys()].filter((id) => !atOnce.selections.has(id));
  return [...atOnce.selections.keys(), ...gone].map((id) => {
    const future = foreseen.later.get(id);
    return {
      now: decision.selections.get(id),
      wouldBe: atOnce.selections.get(id),
      later: future === undefined ? undefined : { selection: future.selection, afterMs: future.atMs - nowMs },
    };
  });
}

function evaluationOf(
  { now, wouldBe, later }: Fate,
  statuses: ReadonlyMap<string, NetworkInstanceTestStatus>,
  wall: WallTime,
): NetworkInstanceEvaluation {
  const { networkInstanceId = '', networkInstanceName = '' } = wouldBe ?? now ?? {};
  const labels = [now, wouldBe, later?.selection ?? wouldBe].map(labelOf);
  return {
    networkInstanceId,
    displayName: networkInstanceName,
    now: now === undefined ? undefined : statuses.get(now.networkInstanceId),
    wouldBe: wouldBe === undefined ? undefined : testStatusOf(wouldBe, wall),
    later: later === undefined ? undefined : testStatusOf(later.selection, wall),
    laterAfter: later === undefined ? undefined : durationOf(later.afterMs),
    moves: new Set(labels).size > 1,
  };
}

/** Ports that nobody has looked at, since no configuration in force has them. */
function notWatched({ model, ports }: Draft, snapshot: NetworkSnapshot): readonly string[] {
  return model.ports
    .filter(({ label }) => !snapshot.ports.has(label) && !ports.has(label))
    .map(
      ({ label, interfaceName }) =>
        `${label} (${interfaceName}) is not in the configuration in force, so nobody watches it: it counts as missing unless its state is assumed.`,
    );
}
