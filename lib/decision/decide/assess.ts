import type { Grant } from '../../configuration/index.js';
import {
  isWithin,
  whyUnusable,
  type NetworkSnapshot,
  type PortObservation,
  type PortTestFacts,
  type UnusableReason,
} from '../snapshot/index.js';
import type { FailingCause, Health } from '../health/index.js';
import type { IneligibleCode, Reason, TestState } from './candidate.js';
import { evaluatePort, grantFor, isSwitch, type Subject } from './eligibility.js';
import type { Evidence, EvidenceReader } from './evidence.js';
import type { PortMemory, WorkMemory } from './memory.js';
import type { DecisionPolicy, PortPolicy } from './policy.js';
import type { Profiles } from './profiles.js';

/** What all assessments of one decision rest on. */
export interface AssessmentInputs {
  readonly snapshot: NetworkSnapshot;
  readonly policy: DecisionPolicy;
  readonly ports: ReadonlyMap<string, PortMemory>;
  readonly profiles: Profiles;
  readonly evidence: EvidenceReader;
}

/** One port with everything that a choice for one subject needs to know of it. */
export interface Assessment {
  readonly port: PortPolicy;
  /** Empty: eligible. */
  readonly ineligible: readonly Reason<IneligibleCode>[];
  /** The grant without which it would not be eligible. */
  readonly grant: Grant | undefined;
  /** Undefined: usable. */
  readonly unusable: UnusableReason | undefined;
  /** The next hop of a static route, where that it lies in no network of the port makes it unusable. */
  readonly missingGateway: string | undefined;
  readonly evidence: Evidence;
  readonly testState: TestState;
  /** It worked, and has not shown that it still does since the port in use failed: what ails that one may ail both. */
  readonly unconfirmed: boolean;
  readonly test: PortTestFacts;
  readonly work: WorkMemory | undefined;
}

/** Assesses every port of the device for one network instance or operation. `inUse`: the port that it uses now. */
export function assessPorts(
  subject: Subject,
  inputs: AssessmentInputs,
  inUse: string | undefined,
): readonly Assessment[] {
  const { snapshot, policy, ports, profiles, evidence: reader } = inputs;
  const assessments = policy.ports.map((port): Assessment => {
    const facts = snapshot.ports.get(port.label);
    const evidence = reader.of(port.label, profiles.of(subject, port));
    const usability =
      facts === undefined || port.unidentified !== undefined
        ? ({ unusable: 'interface-missing', missingGateway: undefined } as const)
        : usabilityFor(subject, facts.observation);
    return {
      port,
      ineligible: evaluatePort(port, subject, policy),
      grant: grantFor(port, subject, policy),
      ...usability,
      evidence,
      testState: evidence.testState,
      unconfirmed: false,
      test: evidence.test,
      work: ports.get(port.label)?.works.get(evidence.profile.key),
    };
  });
  const current = assessments.find(({ port }) => port.label === inUse);
  const health = current !== undefined && isContender(current) ? current.evidence.health : undefined;
  return health?.state === 'failing'
    ? assessments.map((assessment) => suspectIfStale(assessment, health))
    : assessments;
}

/**
 * A switch needs its port's link alone. By a router of its network a port need not lead everywhere; without that router
 * it leads nowhere.
 */
function usabilityFor(subject: Subject, observation: PortObservation): Pick<Assessment, 'unusable' | 'missingGateway'> {
  const unusable = whyUnusable(observation);
  if (isSwitch(subject)) {
    const isOfLink = unusable !== 'no-address' && unusable !== 'no-route';
    return { unusable: isOfLink ? unusable : undefined, missingGateway: undefined };
  }
  const gateway = subject.kind === 'network-instance' ? subject.networkInstance.viaGateway : undefined;
  if (gateway === undefined || (unusable !== undefined && unusable !== 'no-route')) {
    return { unusable, missingGateway: undefined };
  }
  const addresses = observation.kind === 'present' ? observation.addresses : [];
  return addresses.some((address) => isWithin(gateway, address))
    ? { unusable: undefined, missingGateway: undefined }
    : { unusable: 'no-route', missingGateway: gateway };
}

/**
 * A port that is seldom tested counts as working for long. When the port in use begins to fail, that is too old to go
 * by: the target itself may be down. So the other has to answer anew, which it is asked for at once (schedule): at
 * the layer that failed. To packets of full size, only where it has ever answered one.
 */
function suspectIfStale(assessment: Assessment, { sinceMs, cause }: Extract<Health, { state: 'failing' }>): Assessment {
  const { evidence, test } = assessment;
  const answeredMs = answerAt(cause, evidence, test);
  const stale =
    evidence.profile.kind === 'target' && evidence.testState === 'working' && (answeredMs ?? -Infinity) < sinceMs;
  return stale ? { ...assessment, testState: 'untested', unconfirmed: true } : assessment;
}

function answerAt(
  cause: FailingCause,
  { lastFullMs, lastSizeMs }: Evidence,
  { lastSucceededMs }: PortTestFacts,
): number | undefined {
  switch (cause) {
    case 'silent':
      return lastSucceededMs;
    case 'test':
      return lastFullMs;
    case 'size':
      return lastSizeMs ?? lastFullMs;
  }
}

/** Whether the port may and can be used. */
export function isContender({ ineligible, unusable }: Assessment): boolean {
  return ineligible.length === 0 && unusable === undefined;
}
