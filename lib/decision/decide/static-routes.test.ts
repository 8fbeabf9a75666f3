import { describe, expect, it } from '@jest/globals';

import { newRecord, withOutcome, type TestRecord } from '../health/index.js';
import { noTestFacts, testByAddress, type PortFacts, type PortObservation } from '../snapshot/index.js';
import {
  decide,
  emptyMemory,
  Profiles,
  type Candidate,
  type DecisionMemory,
  type NetworkInstancePolicy,
} from './index.js';
import {
  controllerTarget,
  defaultRouteVia,
  NETWORK_INSTANCE_ID,
  policyFor,
  portPolicy,
  usablePort,
} from './testing/scenario.js';

const TEN_SECONDS_MS = 10_000;

/** A port in a network of its own, `10.0.N.0/24`, with the gateway `10.0.N.1`. */
function portIn(network: number): PortObservation {
  const address = `10.0.${network}.7`;
  return { ...usablePort(`p${network}`, { address, index: network }), routes: [defaultRouteVia(`10.0.${network}.1`)] };
}

function factsOf(observation: PortObservation, targets?: ReadonlyMap<string, TestRecord>): PortFacts {
  const known = { observation, observedSinceMs: 0, test: testByAddress(noTestFacts, observation, 0) };
  return targets === undefined ? known : { ...known, targets };
}

/** Decides for three ports of rising cost, of which the first is in the network 1, and so on. */
function decided(
  changes: Partial<NetworkInstancePolicy>,
  {
    ports = [portIn(1), portIn(2), portIn(3)],
    targets = [],
    memory = emptyMemory,
    controller = false,
  }: {
    readonly ports?: readonly PortObservation[];
    readonly targets?: readonly (ReadonlyMap<string, TestRecord> | undefined)[];
    readonly memory?: DecisionMemory;
    readonly controller?: boolean;
  } = {},
) {
  const policies = [portPolicy('p1', 0), portPolicy('p2', 5), portPolicy('p3', 9)];
  const plain = policyFor(policies);
  const policy = {
    ...plain,
    ...(controller ? { controllerTarget } : {}),
    networkInstances: plain.networkInstances.map((one) => ({ ...one, ...changes })),
  };
  const snapshot = {
    ports: new Map(ports.map((observation, index) => [`p${index + 1}`, factsOf(observation, targets[index])])),
  };
  const decision = decide(snapshot, policy, memory, TEN_SECONDS_MS);
  const candidates = decision.selections.get(NETWORK_INSTANCE_ID)?.candidates ?? [];
  return { decision, policy, snapshot, candidates };
}

const ranking = (candidates: readonly Candidate[]): readonly string[] =>
  candidates.flatMap(({ label, rank }) => (rank === undefined ? [] : [label]));

function tested(key: string, answers: boolean): ReadonlyMap<string, TestRecord> {
  let record = newRecord(0);
  for (let count = 0; count < 10; count += 1) {
    record = withOutcome(record, {
      ...{ probeKind: 'full', layer: 'path', startedMs: 1_000 + count, endedMs: 1_001 + count },
      trafficAnsweredMs: undefined,
      // One that has never answered is not believed to be able to.
      result:
        answers || count === 0
          ? { kind: 'answered', latencyMs: 1 }
          : { kind: 'failed', failure: 'no-gateway', detail: 'it does not answer', silent: false },
    });
  }
  return new Map([[key, record]]);
}

describe('a route by a router', () => {
  it('has the ports whose network has it, with a default route or without, and says why not the others', () => {
    const withoutDefault = portIn(2);
    if (withoutDefault.kind === 'missing') throw new Error('no port');
    const { candidates } = decided(
      { viaGateway: '10.0.2.77' },
      { ports: [portIn(1), { ...withoutDefault, routes: [] }, portIn(3)] },
    );
    expect(ranking(candidates)).toEqual(['p2']);
    expect(candidates.find(({ label }) => label === 'p1')).toMatchObject({
      usable: false,
      reasons: [{ code: 'no-route', detail: "the route's gateway 10.0.2.77 is in no network of the port" }],
    });
  });

  it('goes by that router and never by the controller', () => {
    const change = { viaGateway: '10.0.2.77', test: { failbackHoldMs: 0, gatewayPing: { maxPriority: 255 } } };
    const { candidates } = decided(change, { controller: true });
    expect(candidates[0]).toMatchObject({ label: 'p2', targetKey: 'icmp://10.0.2.77' });
    const { candidates: unpinged } = decided({ viaGateway: '10.0.2.77' }, { controller: true });
    expect(unpinged[0]).toMatchObject({ label: 'p2', targetKey: undefined, testState: 'working' });
  });
});

describe('a route that does not prefer a lower cost', () => {
  it('stays on the port that it has, and begins with the first by name', () => {
    const first = decided({ ignoresPriority: true });
    expect(ranking(first.candidates)).toEqual(['p1', 'p2', 'p3']);
    const { decision: away } = decided(
      { ignoresPriority: true },
      { ports: [{ kind: 'missing' }, portIn(2), portIn(3)], memory: first.decision.memory },
    );
    const back = decided({ ignoresPriority: true }, { memory: away.memory });
    expect(ranking(back.candidates)).toEqual(['p2', 'p1', 'p3']);
    expect(back.candidates[1]?.reasons).toEqual([
      { code: 'not-in-use', detail: 'as good as p2, for the route does not prefer a lower cost, which is in use' },
    ]);
    expect(back.decision.nextDecisionAtMs).toBeUndefined();
    // The same with costs: it goes back.
    const { decision: left } = decided(
      {},
      { ports: [{ kind: 'missing' }, portIn(2), portIn(3)], memory: decided({}).decision.memory },
    );
    expect(ranking(decided({}, { memory: left.memory }).candidates)).toEqual(['p1', 'p2', 'p3']);
  });

  it('arms a costlier port during failover_hold', () => {
    const test = { failbackHoldMs: 0, failoverHoldMs: 60_000 };
    const armed = (changes: Partial<NetworkInstancePolicy>): readonly string[] =>
      decided({ ...changes, test })
        .candidates.filter(({ unarmed }) => !unarmed)
        .map(({ label }) => label);
    expect(armed({})).toEqual(['p1']);
    expect(armed({ ignoresPriority: true })).toEqual(['p1', 'p2', 'p3']);
  });
});

describe('a ping of the gateway', () => {
  const ping = (maxPriority: number, outranksController = false) => ({
    test: { failbackHoldMs: 0, gatewayPing: { maxPriority, outranksController } },
  });

  it.each<[string, Partial<NetworkInstancePolicy>, boolean, readonly (string | undefined)[]]>([
    ['up to a cost', ping(5), false, ['icmp://10.0.1.1', 'icmp://10.0.2.1', undefined]],
    [
      'is no test where the controller is one',
      ping(255),
      true,
      Array(3).fill('https://controller.example/api/v2/edgedevice/ping'),
    ],
    ['is before the controller, of a static route', ping(0, true), true, ['icmp://10.0.1.1']],
    [
      'is no test where there is a target',
      {
        test: {
          ...ping(255).test,
          target: { kind: 'icmp', host: { kind: 'address', family: 4, address: '192.0.2.9' } },
        },
      },
      false,
      Array(3).fill('icmp://192.0.2.9'),
    ],
  ])('%s', (_what, changes, controller, want) => {
    const { policy, snapshot, decision } = decided(changes, { controller });
    const profiles = Profiles.of(policy, snapshot, decision.memory);
    const [networkInstance] = policy.networkInstances;
    if (networkInstance === undefined) throw new Error('no network instance');
    const keys = policy.ports.map((port) => {
      const profile = profiles.of({ kind: 'network-instance', networkInstance }, port);
      return profile.kind === 'target' ? profile.targetKey : undefined;
    });
    expect(keys.slice(0, want.length)).toEqual(want);
  });

  it('that nobody answers makes the port fail for the route', () => {
    const { candidates } = decided(ping(5), {
      targets: [tested('icmp://10.0.1.1', false), tested('icmp://10.0.2.1', true)],
    });
    expect(candidates.map(({ label, testState }) => `${label} ${testState}`)).toEqual([
      'p2 working',
      'p3 working',
      'p1 failing',
    ]);
  });

  it('is not made where the gateway is on the link alone', () => {
    const port = portIn(1);
    if (port.kind === 'missing') throw new Error('no port');
    const { candidates } = decided(ping(255), { ports: [{ ...port, routes: [defaultRouteVia('fe80::1')] }] });
    expect(candidates[0]).toMatchObject({ targetKey: undefined, testState: 'working' });
  });

  it('keeps its record while the port is away, so that it has to prove itself', () => {
    const answered = [tested('icmp://10.0.1.1', true)];
    const first = decided(ping(0), { targets: answered });
    const away = decided(ping(0), { ports: [{ kind: 'missing' }], memory: first.decision.memory });
    const works = away.decision.memory.ports.get('p1')?.works.get(keyOf('icmp://10.0.1.1'));
    expect(works?.losses).toHaveLength(1);
  });
});

/** Of a profile with the settings that scenarios have. */
function keyOf(target: string): string {
  return `${target} 3 2 -`;
}
