import { assessPorts, isContender, type Assessment, type AssessmentInputs } from './assess.js';
import { explainCandidates } from './candidates.js';
import { causeOfChange } from './cause.js';
import { chooseContender, delayFailover, rankContenders, type Choice, type Contender } from './choose.js';
import { failbackHold } from './failback-hold.js';
import { proofOf } from './proof.js';
import { formatSeconds } from './format-seconds.js';
import type { SelectionMemory } from './memory.js';
import type { NetworkInstancePolicy, PortPolicy } from './policy.js';
import type { NoPortReason, Selection, SelectionOutcome } from './selection.js';

/** A selection, what to remember of it, and when time alone may change it. */
export interface SelectionResult {
  readonly selection: Selection;
  readonly memory: SelectionMemory;
  /** Monotonic time at which the next failback hold, or the time for a first test, ends. */
  readonly nextDecisionAtMs: number | undefined;
}

/** Decides for one network instance. */
export function selectPort(
  networkInstance: NetworkInstancePolicy,
  inputs: AssessmentInputs,
  before: SelectionMemory | undefined,
  nowMs: number,
): SelectionResult {
  const assessments = assessPorts({ kind: 'network-instance', networkInstance }, inputs, before?.port);
  const holdBaseMs = networkInstance.test.failbackHoldMs;
  const contenders = assessments
    .filter(isContender)
    .map((assessment) => contenderOf(assessment, assessments, before, networkInstance));
  const ranked = rankContenders(contenders, before?.port);
  const failoverHoldMs = networkInstance.test.failoverHoldMs ?? 0;
  const inUse = assessments.find(({ port, ineligible }) => port.label === before?.port && ineligible.length === 0);
  const troubleSinceMs = before?.troubleSinceMs ?? nowMs;
  const undelayed = chooseContender(ranked, before?.port, nowMs);
  const choice =
    inUse === undefined || works(inUse)
      ? undelayed
      : delayFailover(
          undelayed,
          contenders.find(({ port }) => port === inUse.port) ??
            contenderOf(inUse, assessments, before, networkInstance),
          troubleSinceMs + failoverHoldMs,
          nowMs,
        );
  // The standbys stand as the next decision will find them: ties go to the port that is in use from now on.
  const settled = rankContenders(contenders, choice.kind === 'none' ? undefined : choice.contender.port.label);
  const candidates = explainCandidates(assessments, settled, choice, failoverHoldMs, ({ port }) =>
    describeHold(
      assessments.find((one) => one.port === port),
      holdBaseMs,
    ),
  );
  const chosen = choice.kind === 'none' ? undefined : choice.contender.port;
  const changed = before === undefined || before.port !== chosen?.label;
  const cause = changed
    ? causeOfChange(before, choice, assessments, nowMs)
    : { cause: before.cause, detail: before.causeDetail };
  const sinceMs = changed ? nowMs : before.sinceMs;
  const eligible = assessments.filter(({ ineligible }) => ineligible.length === 0).map(({ port }) => port);
  const waitsUntilMs = [
    ...candidates.flatMap((candidate) => candidate.heldUntilMs ?? []),
    ...(choice.kind === 'in-use-during-failover-hold' ? [choice.wait.untilMs] : []),
    ...(choice.kind === 'in-use-during-first-test' ? [choice.contender.pendingUntilMs ?? nowMs] : []),
  ].filter(Number.isFinite);
  return {
    selection: {
      networkInstanceId: networkInstance.id,
      networkInstanceName: networkInstance.name,
      outcome: outcomeOf(choice, networkInstance, assessments),
      sinceMs,
      cause: cause.cause,
      causeDetail: cause.detail,
      candidates,
      failoverWait: choice.kind === 'in-use-during-failover-hold' ? choice.wait : undefined,
    },
    memory: {
      port: chosen?.label,
      sinceMs,
      cause: cause.cause,
      causeDetail: cause.detail,
      eligible: eligible.map(({ label }) => label),
      preferred: eligible
        .filter((port) => chosen !== undefined && costOf(port, networkInstance) < costOf(chosen, networkInstance))
        .map(({ label }) => label),
      troubleSinceMs: assessments.some((one) => one.port === chosen && !works(one))
        ? changed
          ? nowMs
          : troubleSinceMs
        : undefined,
    },
    nextDecisionAtMs: waitsUntilMs.length === 0 ? undefined : Math.min(...waitsUntilMs),
  };
}

/** It can be used and is known to work. */
function works({ unusable, testState }: Assessment): boolean {
  return unusable === undefined && testState === 'working';
}

function contenderOf(
  { port, testState, evidence, work }: Assessment,
  assessments: readonly Assessment[],
  before: SelectionMemory | undefined,
  networkInstance: NetworkInstancePolicy,
): Contender {
  const holdBaseMs = networkInstance.test.failbackHoldMs;
  const cost = costOf(port, networkInstance);
  const inUse = assessments.find((other) => other.port.label === before?.port)?.port;
  return {
    port,
    cost,
    testState,
    quality: evidence.quality.kind,
    holdUntilMs:
      work?.workingSinceMs === undefined
        ? // A poor one pushes out nobody who works, however poorly.
          evidence.quality.kind === 'poor'
          ? Infinity
          : 0
        : work.workingSinceMs +
          failbackHold(holdBaseMs, evidence.profile.kind, work.workingSinceMs, work.losses).holdMs,
    newlyPreferred:
      before !== undefined &&
      inUse !== undefined &&
      cost < costOf(inUse, networkInstance) &&
      !before.preferred.includes(port.label),
    pendingUntilMs: evidence.pendingUntilMs,
  };
}

/** What makes one port better than another. */
function costOf({ priority }: PortPolicy, { ignoresPriority }: NetworkInstancePolicy): number {
  return ignoresPriority === true ? 0 : priority;
}

function describeHold(assessment: Assessment | undefined, holdBaseMs: number): string {
  const { work, evidence } = assessment ?? {};
  if (work?.workingSinceMs === undefined || evidence === undefined) return 'must work for a while first';
  const hold = failbackHold(holdBaseMs, evidence.profile.kind, work.workingSinceMs, work.losses);
  const { holdMs, outageMs, recentLosses } = hold;
  const away = outageMs === undefined ? '' : ` after ${formatSeconds(outageMs)}`;
  const why = recentLosses > 1 ? `; it was lost ${recentLosses} times within an hour` : '';
  return `works again${away}, and must have worked for ${formatSeconds(holdMs)} before traffic goes back to it${why}`;
}

function outcomeOf(
  choice: Choice,
  networkInstance: NetworkInstancePolicy,
  assessments: readonly Assessment[],
): SelectionOutcome {
  if (choice.kind === 'none') return { kind: 'none', reason: whyNoPort(networkInstance, assessments) };
  const { port } = choice.contender;
  const evidence = assessments.find((assessment) => assessment.port === port)?.evidence;
  const proof = choice.kind === 'in-use-during-failover-hold' || evidence === undefined ? 'none' : proofOf(evidence);
  return {
    kind: 'port',
    label: port.label,
    interfaceName: port.interfaceName,
    priority: port.priority,
    proof,
    verified: proof === 'target' || proof === 'address',
  };
}

function whyNoPort(
  { portLabel, viaLabel = portLabel }: NetworkInstancePolicy,
  assessments: readonly Assessment[],
): NoPortReason {
  if (portLabel === undefined) return 'air-gapped';
  const labels = [portLabel, viaLabel ?? portLabel];
  if (!assessments.some(({ port }) => labels.every((label) => port.labels.includes(label)))) return 'no-matching-port';
  return assessments.some(({ ineligible }) => ineligible.length === 0) ? 'none-usable' : 'none-permitted';
}
