import {
  controllerProfileOf,
  singleProfiles,
  type Candidate,
  type Decision,
  type DecisionPolicy,
  type PortPolicy,
  type Profiles,
  type Selection,
  type TestProfile,
} from '../../../../lib/decision/decide/index.js';
import type { FailingCause, ProbeKind, Suspicion } from '../../../../lib/decision/health/index.js';
import type { PortRole } from '../../../../lib/decision/schedule/index.js';
import type { TestAssignment } from './assignment.js';

type TargetProfile = Extract<TestProfile, { kind: 'target' }>;

/**
 * Which targets are to be tested over which ports: those that network instances go by, on the ports that they may use,
 * and the controller on every port that may reach it. Network instances with the same target share one test of it over
 * a port.
 */
export function planTests(policy: DecisionPolicy, profiles: Profiles, decision: Decision): readonly TestAssignment[] {
  const assignments = new Map<string, TestAssignment>();
  const add = (port: PortPolicy, profile: TargetProfile, role: PortRole): void => {
    const key = `${port.label} ${profile.targetKey}`;
    const wanted = assignmentOf(port, profile, role);
    const known = assignments.get(key);
    assignments.set(key, known === undefined ? wanted : merge(known, wanted));
  };
  const standby: PortRole = { kind: 'standby' };
  for (const port of policy.ports) {
    const profile = controllerProfileOf(port, policy);
    if (profile !== undefined) add(port, profile, standby);
  }
  const ports = new Map(policy.ports.map((port) => [port.label, port]));
  for (const networkInstance of policy.networkInstances) {
    const selection = decision.selections.get(networkInstance.id);
    if (selection === undefined) continue;
    for (const candidate of selection.candidates) {
      const port = ports.get(candidate.label);
      if (!candidate.eligible || port === undefined) continue;
      const profile = profiles.of({ kind: 'network-instance', networkInstance }, port);
      if (profile.kind !== 'target') continue;
      const role = roleOf(candidate, selection);
      for (const single of singleProfiles(profile)) {
        // What is out of reach, and not needed for the port to work, is asked again at leisure.
        const tolerated = candidate.testState === 'working' && candidate.failingTargets.includes(single.targetKey);
        add(port, single, tolerated ? standby : role);
      }
    }
  }
  return [...assignments.values()];
}

function assignmentOf({ label }: PortPolicy, profile: TargetProfile, role: PortRole): TestAssignment {
  const { targetKey, target, settings, intervalMs, timeoutMs, payloadBytes, keepalives } = profile;
  const pacing = { intervalMs, timeoutMs, payloadBytes, calmKeepalives: keepalives };
  return { label, targetKey, target, settings, ...pacing, role };
}

/** What the port of a candidate is to a network instance. */
function roleOf(candidate: Candidate, { outcome, candidates }: Selection): PortRole {
  if (outcome.kind === 'none') return { kind: 'standby' };
  if (candidate.label === outcome.label) return { kind: 'in-use' };
  if (candidate.heldUntilMs !== undefined) return { kind: 'returning' };
  const health = candidates.find(({ label }) => label === outcome.label)?.health;
  switch (health?.state) {
    case 'failing':
      return { kind: 'wanted', sinceMs: health.sinceMs, probeKind: kindsOfCauses[health.cause] };
    case 'working': {
      const { suspicion } = health;
      if (suspicion === undefined) return { kind: 'standby' };
      return { kind: 'wanted', sinceMs: suspicion.sinceMs, probeKind: kindOfSuspicion(suspicion) };
    }
    case 'untested':
    case undefined:
      return { kind: 'standby' };
  }
}

/** The other port is asked at the layer that fails on the one in use. */
const kindsOfCauses: Readonly<Record<FailingCause, ProbeKind>> = { silent: 'keepalive', test: 'full', size: 'size' };

function kindOfSuspicion({ silences, failed }: Suspicion): ProbeKind {
  if (silences > 0) return 'keepalive';
  return failed > 0 ? 'full' : 'size';
}

const strength: Readonly<Record<ProbeKind, number>> = { keepalive: 0, size: 1, full: 2 };

/** The most patient settings, the shortest interval, the most urgent role. */
function merge(a: TestAssignment, b: TestAssignment): TestAssignment {
  const [x, y] = [a.settings, b.settings];
  return {
    ...a,
    settings: {
      failAfter: Math.max(x.failAfter, y.failAfter),
      recoverAfter: Math.max(x.recoverAfter, y.recoverAfter),
      slowestMs: longest(x.slowestMs, y.slowestMs),
      patienceMs: Math.max(x.patienceMs, y.patienceMs),
      light: x.light,
    },
    intervalMs: shortest(a.intervalMs, b.intervalMs),
    timeoutMs: longest(a.timeoutMs, b.timeoutMs),
    payloadBytes: Math.max(a.payloadBytes, b.payloadBytes),
    calmKeepalives: a.calmKeepalives || b.calmKeepalives,
    role: moreUrgent(a.role, b.role),
  };
}

/** Undefined sets no bound. */
function longest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}

function shortest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}

const urgency: Readonly<Record<PortRole['kind'], number>> = { standby: 0, returning: 1, wanted: 2, 'in-use': 3 };

function moreUrgent(a: PortRole, b: PortRole): PortRole {
  if (a.kind === 'wanted' && b.kind === 'wanted') {
    const sinceMs = Math.max(a.sinceMs, b.sinceMs);
    return {
      kind: 'wanted',
      sinceMs,
      probeKind: strength[b.probeKind] > strength[a.probeKind] ? b.probeKind : a.probeKind,
    };
  }
  return urgency[b.kind] > urgency[a.kind] ? b : a;
}
