import {
  controllerProfileOf,
  evidenceOf,
  Profiles,
  singleProfiles,
  type PortPolicy,
  type TestProfile,
} from '../../../lib/decision/decide/index.js';
import { newRecord, withOutcome, type TestOutcome, type TestRecord } from '../../../lib/decision/health/index.js';
import type { Published } from '../publish/index.js';
import {
  isDefaultRoute,
  noTestFacts,
  testByAddress,
  whyUnusable,
  type NetworkSnapshot,
  type ObservedRoute,
  type PortFacts,
  type PortObservation,
  type PresentPort,
} from '../../../lib/decision/snapshot/index.js';
import type { AssumedState } from './assumed-ports.js';
import type { Draft } from './draft.js';

type TargetProfile = Extract<TestProfile, { kind: 'target' }>;

/** What a port has that nobody has seen with an address. */
const assumedAddress = { address: '0.0.0.0', prefixLength: 0 };

/** The way out of a port that nobody has seen with one. */
const assumedRoute: ObservedRoute = {
  destination: assumedAddress,
  ...{ gateway: undefined, source: undefined, metric: 0, isOnLink: false },
};

/** So many failures in a row are a verdict for everybody: more than `fail_after` may be. */
const PLENTY_OF_FAILURES = 100;

const ASSUMED_ERROR = 'so it is assumed';

/**
 * The ports as they would be known: those of the draft as they have been observed, by interface, changed into what is
 * assumed of them from now on.
 */
export function assume({ configuration, snapshot, decision }: Published, draft: Draft, nowMs: number): NetworkSnapshot {
  const { model } = draft;
  const profiles = Profiles.of(model, snapshot, decision.memory);
  const someFail = [...draft.ports.values()].includes('failing');
  const ports = model.ports.flatMap((port): readonly (readonly [string, PortFacts])[] => {
    const watched = configuration.model.ports.find(({ interfaceName }) => interfaceName === port.interfaceName);
    const known = watched === undefined ? undefined : snapshot.ports.get(watched.label);
    // Tests, and memories of them, belong to a label.
    const facts = known === undefined || watched?.label === port.label ? known : seenAnew(known, nowMs);
    const state = draft.ports.get(port.label);
    const usableSinceMs = decision.memory.ports.get(port.label)?.usableSinceMs;
    const given = { facts, targets: targetsOf(port, draft, profiles), usableSinceMs, nowMs };
    const assumed = state === undefined ? (someFail ? confirmed(given) : facts) : became(state, given);
    return assumed === undefined ? [] : [[port.label, assumed]];
  });
  return { ports: new Map(ports) };
}

/** One port, and what it is tested by. */
interface Given {
  readonly facts: PortFacts | undefined;
  readonly targets: readonly TargetProfile[];
  readonly usableSinceMs: number | undefined;
  readonly nowMs: number;
}

function targetsOf(port: PortPolicy, { model }: Draft, profiles: Profiles): readonly TargetProfile[] {
  const ofController = controllerProfileOf(port, model);
  const all = [...profiles.ofPort(port), ...(ofController === undefined ? [] : [ofController])];
  return all.flatMap((profile) => (profile.kind === 'target' ? singleProfiles(profile) : []));
}

function seenAnew({ observation }: PortFacts, nowMs: number): PortFacts {
  return { observation, observedSinceMs: nowMs, test: testByAddress(noTestFacts, observation, nowMs) };
}

function became(state: AssumedState, given: Given): PortFacts | undefined {
  switch (state) {
    case 'working':
      return working(given);
    case 'failing':
      return failing(given);
    case 'down':
      return down(given);
  }
}

/** What works is left as it is known: it keeps its place, and what it has been through. */
function working(given: Given): PortFacts {
  const { facts, targets, usableSinceMs, nowMs } = given;
  const usable = withLinkAndAddress(facts, nowMs);
  const worksByAddress =
    usable === facts && evidenceOf(usable, { kind: 'address', key: 'address' }, usableSinceMs).testState === 'working';
  const { lastFailedMs } = usable.test;
  const test = worksByAddress
    ? usable.test
    : {
        ...usable.test,
        lastSucceededMs: nowMs,
        lastFailedMs: lastFailedMs !== undefined && lastFailedMs < nowMs ? lastFailedMs : undefined,
      };
  const records = new Map(usable.targets);
  for (const profile of targets) {
    if (usable === facts && evidenceOf(usable, profile, usableSinceMs).testState === 'working') continue;
    records.set(profile.targetKey, withOutcome(newRecord(nowMs), answerAt(nowMs)));
  }
  return { ...usable, test, targets: records };
}

function failing({ facts, targets, nowMs }: Given): PortFacts {
  const usable = withLinkAndAddress(facts, nowMs);
  const records = new Map(usable.targets);
  for (const { targetKey } of targets) {
    let record: TestRecord = newRecord(nowMs);
    for (let count = 0; count < PLENTY_OF_FAILURES; count += 1) record = withOutcome(record, failureAt(nowMs));
    records.set(targetKey, record);
  }
  const { lastSucceededMs } = usable.test;
  return {
    ...usable,
    test: { lastSucceededMs, lastFailedMs: nowMs, lastError: ASSUMED_ERROR },
    targets: records,
  };
}

function down({ facts, nowMs }: Given): PortFacts | undefined {
  if (facts?.observation.kind !== 'present' || facts.observation.link !== 'up') return facts;
  const observation: PortObservation = { ...facts.observation, link: 'no-carrier' };
  return { ...facts, observation, observedSinceMs: nowMs, test: testByAddress(facts.test, observation, nowMs) };
}

/**
 * What works goes on to: when another port fails, a port that was tested long ago has to answer anew, and is taken to
 * have done so.
 */
function confirmed({ facts, targets, usableSinceMs, nowMs }: Given): PortFacts | undefined {
  if (facts === undefined) return undefined;
  const records = new Map(facts.targets);
  for (const profile of targets) {
    const record = records.get(profile.targetKey);
    if (record === undefined || evidenceOf(facts, profile, usableSinceMs).testState !== 'working') continue;
    records.set(profile.targetKey, withOutcome(record, answerAt(nowMs)));
  }
  return { ...facts, targets: records };
}

function withLinkAndAddress(facts: PortFacts | undefined, nowMs: number): PortFacts {
  if (facts !== undefined && whyUnusable(facts.observation) === undefined) return facts;
  const before = facts?.observation.kind === 'present' ? facts.observation : neverSeen;
  const addresses = before.addresses.length === 0 ? [assumedAddress] : before.addresses;
  const routes = before.routes.some(isDefaultRoute) ? before.routes : [assumedRoute, ...before.routes];
  const observation: PresentPort = { ...before, link: 'up', addresses, routes };
  return { test: noTestFacts, ...facts, observation, observedSinceMs: nowMs };
}

const neverSeen: PresentPort = {
  ...{ kind: 'present', link: 'up', index: 0, macAddress: '', mtu: 0 },
  ...{ addresses: [], routes: [], dnsServers: [] },
};

function answerAt(nowMs: number): TestOutcome {
  return { ...endingAt(nowMs), result: { kind: 'answered', latencyMs: 0 } };
}

/** Not silence: that is weighed against the loss of the path, and this is certain. */
function failureAt(nowMs: number): TestOutcome {
  return { ...endingAt(nowMs), result: { kind: 'failed', failure: 'timeout', detail: ASSUMED_ERROR, silent: false } };
}

function endingAt(
  nowMs: number,
): Pick<TestOutcome, 'probeKind' | 'layer' | 'startedMs' | 'endedMs' | 'trafficAnsweredMs'> {
  return { probeKind: 'full', layer: 'application', startedMs: nowMs, endedMs: nowMs, trafficAnsweredMs: undefined };
}
