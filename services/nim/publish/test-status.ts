import type { Duration } from '../../../gen/google/protobuf/duration.js';
import type {
  CandidateReason,
  FailoverWait,
  NetworkInstanceTestStatus,
  PortCandidate,
  SelectedPort,
} from '../../../gen/nim/v1/network_instance_test_status.js';
import { NoPortReason, SelectionProof } from '../../../gen/nim/v1/network_instance_test_status.js';
import { durationOf } from '../../../lib/configuration/index.js';
import type { Candidate, Reason, Selection, SelectionOutcome } from '../../../lib/decision/decide/index.js';
import { isSuspect } from '../../../lib/decision/health/index.js';
import { causeMessages, noPortMessages, proofMessages, reasonMessages, testStateMessages } from './enums.js';
import { failureMessage, latencyMessage } from './target-status.js';
import type { WallTime } from './timestamp.js';

/** A selection as a message, with those for its static routes; its revision is stamped by the store. */
export function testStatusOf(
  selection: Selection,
  wall: WallTime,
  routes: readonly { readonly destination: string; readonly selection: Selection }[] = [],
): NetworkInstanceTestStatus {
  const { outcome } = selection;
  return {
    networkInstanceId: selection.networkInstanceId,
    displayName: selection.networkInstanceName,
    selectedPort: selectedPortOf(outcome),
    noPortReason: outcome.kind === 'none' ? noPortMessages[outcome.reason] : NoPortReason.NO_PORT_REASON_UNSPECIFIED,
    verified: outcome.kind === 'port' && outcome.verified,
    proof: outcome.kind === 'port' ? proofMessages[outcome.proof] : SelectionProof.SELECTION_PROOF_UNSPECIFIED,
    selectedSince: wall.at(selection.sinceMs),
    cause: causeMessages[selection.cause],
    causeDetail: selection.causeDetail,
    candidates: selection.candidates.map((candidate) => candidateMessage(candidate, wall)),
    revision: 0n,
    failoverWait: failoverWaitOf(selection, wall),
    routes: routes.map((route) => ({
      destination: route.destination,
      selection: testStatusOf(route.selection, wall),
    })),
  };
}

function failoverWaitOf({ failoverWait }: Selection, wall: WallTime): FailoverWait | undefined {
  if (failoverWait === undefined) return undefined;
  return { until: wall.at(failoverWait.untilMs), toPort: failoverWait.to ?? '' };
}

function selectedPortOf(outcome: SelectionOutcome): SelectedPort | undefined {
  if (outcome.kind === 'none') return undefined;
  return { logicalLabel: outcome.label, interface: outcome.interfaceName, priority: outcome.priority };
}

/** A candidate as a message. */
export function candidateMessage(candidate: Candidate, wall: WallTime): PortCandidate {
  const { test } = candidate;
  return {
    logicalLabel: candidate.label,
    interface: candidate.interfaceName,
    priority: candidate.priority,
    eligible: candidate.eligible,
    usable: candidate.usable,
    testState: testStateMessages[candidate.testState],
    lastSucceeded: wall.atOptional(test.lastSucceededMs),
    lastFailed: wall.atOptional(test.lastFailedMs),
    lastError: test.lastError ?? '',
    rank: candidate.rank ?? 0,
    reasons: candidate.reasons.map(reasonMessage),
    grantId: candidate.grant?.id ?? '',
    grantedUntilBoottime: grantedUntil(candidate),
    target: candidate.targetKey ?? '',
    lastFailure: failureMessage(test.lastFailure),
    latency: latencyMessage(test.latencyMs),
    inDoubt: isSuspect(candidate.health),
    unarmed: candidate.unarmed,
    degraded: candidate.degraded,
  };
}

/** A grant that is only assumed has no end. */
function grantedUntil({ grant }: Candidate): Duration | undefined {
  if (grant === undefined || !Number.isFinite(grant.endsAtBoottimeMs)) return undefined;
  return durationOf(grant.endsAtBoottimeMs);
}

/** A reason as a message. */
export function reasonMessage({ code, detail }: Reason): CandidateReason {
  return { code: reasonMessages[code], detail };
}
