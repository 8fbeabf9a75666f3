import assert from 'node:assert/strict';

import { describe, it } from '@jest/globals';
import fc from 'fast-check';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import {
  noTestFacts,
  whyUnusable,
  type NetworkSnapshot,
  type PortFacts,
  type PortTestFacts,
} from '../snapshot/index.js';
import {
  decide,
  emptyMemory,
  evaluatePort,
  rankPortsForOperation,
  type Decision,
  type DecisionMemory,
  type DecisionPolicy,
  type PortPolicy,
  type Selection,
  type Subject,
} from './index.js';
import { portAs, usablePort } from './testing/scenario.js';

const labels = ['eth0', 'eth1', 'wwan0', 'sat0'];
const priorities = fc.constantFrom(0, 1, 10, 20);
const limit = fc.oneof(
  fc.constant({ kind: 'every-priority' } as const),
  fc.uniqueArray(priorities).map((set) => ({ kind: 'priorities', priorities: set }) as const),
);
const operations = [
  NetworkOperation.NETWORK_OPERATION_CONTROLLER,
  NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD,
  NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC,
];

function port(label: string): fc.Arbitrary<PortPolicy> {
  return fc.record({
    label: fc.constant(label),
    interfaceName: fc.constant(label),
    priority: priorities,
    isManagement: fc.boolean(),
    usage: fc.constantFrom('management-and-apps', 'management-and-apps', 'apps-shared', 'management-only', 'disabled'),
    labels: fc.subarray(['all', 'uplink', 'ship']).map((more) => [label, ...more]),
    allowedOperations: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.subarray(operations) },
    ),
  });
}

const policies: fc.Arbitrary<DecisionPolicy> = fc.record({
  ports: fc.subarray(labels).chain((some) => fc.tuple(...some.map(port))),
  networkInstances: fc
    .array(
      fc.record({
        name: fc.constant('ni'),
        active: fc.boolean(),
        portLabel: fc.option(fc.constantFrom('all', 'uplink', 'ship', 'eth0', 'nowhere'), { nil: undefined }),
        allowedPriorities: fc.option(limit, { nil: undefined }),
        test: fc.record({
          failbackHoldMs: fc.constantFrom(0, 1_000, 30_000),
          failoverHoldMs: fc.constantFrom(0, 0, 5_000),
        }),
      }),
      { maxLength: 3 },
    )
    // Two of a kind are decided together.
    .map((some) => [...some, ...some.slice(0, 1)].map((one, number) => ({ ...one, id: `ni-${number}` }))),
  operationPriorities: fc.array(fc.tuple(fc.constantFrom(...operations), limit)).map((entries) => new Map(entries)),
  downloadMaxCost: priorities,
  grants: fc.array(
    fc.record({
      id: fc.uuid(),
      operation: fc.constantFrom(...operations),
      priorities: fc.array(priorities, { minLength: 1, maxLength: 3 }),
      networkInstanceId: fc.option(fc.constantFrom('ni-0', 'ni-1'), { nil: undefined }),
      reason: fc.constant('drill'),
      author: fc.constant('ops'),
      expiresAtWallMs: fc.nat(),
      endsAtBoottimeMs: fc.nat(),
    }),
    { maxLength: 2 },
  ),
});

type DeviceEvent =
  | {
      readonly kind: 'observed';
      readonly label: string;
      readonly facts: Pick<PortFacts, 'observation'>;
      readonly test: 'working' | 'failing' | 'untested';
    }
  | { readonly kind: 'policy'; readonly policy: DecisionPolicy }
  | { readonly kind: 'time' };

const deviceEvent: fc.Arbitrary<{ readonly afterMs: number; readonly what: DeviceEvent }> = fc.record({
  afterMs: fc.constantFrom(0, 1, 500, 10_000, 60_000, 4_000_000),
  what: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.constantFrom(...labels).chain((label) =>
        fc.record({
          kind: fc.constant('observed' as const),
          label: fc.constant(label),
          facts: fc
            .constantFrom('up', 'up', 'missing', 'admin-down', 'no-carrier', 'no-address', 'new')
            .map((word) => ({ observation: word === 'new' ? usablePort(label, { index: 7 }) : portAs(label, word) })),
          test: fc.constantFrom('working', 'working', 'failing', 'untested'),
        }),
      ),
    },
    { weight: 2, arbitrary: policies.map((policy) => ({ kind: 'policy' as const, policy })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'time' as const }) },
  ),
});

interface State {
  readonly snapshot: NetworkSnapshot;
  readonly policy: DecisionPolicy;
  readonly before: DecisionMemory;
  readonly nowMs: number;
  readonly decision: Decision;
}

/** Lets things happen one after the other, and gives every decision on the way with what it was made from. */
function* live(
  first: DecisionPolicy,
  deviceEvents: readonly { readonly afterMs: number; readonly what: DeviceEvent }[],
): Generator<State> {
  const ports = new Map<string, PortFacts>();
  let policy = first;
  let memory = emptyMemory;
  let nowMs = 1_000;
  for (const { afterMs, what } of [{ afterMs: 0, what: { kind: 'time' } as DeviceEvent }, ...deviceEvents]) {
    nowMs += afterMs;
    if (what.kind === 'policy') policy = what.policy;
    if (what.kind === 'observed') {
      ports.set(what.label, { ...what.facts, observedSinceMs: nowMs, test: outcome(what.test, nowMs) });
    }
    const snapshot = { ports: new Map(ports) };
    const decision = decide(snapshot, policy, memory, nowMs);
    yield { snapshot, policy, before: memory, nowMs, decision };
    memory = decision.memory;
  }
}

function outcome(word: 'working' | 'failing' | 'untested', nowMs: number): PortTestFacts {
  switch (word) {
    case 'working':
      return { ...noTestFacts, lastSucceededMs: nowMs };
    case 'failing':
      return { ...noTestFacts, lastFailedMs: nowMs, lastError: 'no answer' };
    case 'untested':
      return noTestFacts;
  }
}

const lives = fc.tuple(policies, fc.array(deviceEvent, { maxLength: 12 }));

/** What must hold at every moment of every life; assertions of node, since jest's cost more than the decisions. */
const laws: Readonly<Record<string, (state: State) => void>> = {
  'a ranked port is permitted and has link and address, and the first one is selected'({ snapshot, policy, decision }) {
    for (const networkInstance of policy.networkInstances) {
      const selection = decision.selections.get(networkInstance.id);
      assert.equal(selection !== undefined, networkInstance.active);
      if (selection === undefined) continue;
      const ranked = selection.candidates.filter(({ rank }) => rank !== undefined);
      for (const { label } of ranked) {
        assert.ok(isPermitted(policy, label, { kind: 'network-instance', networkInstance }));
        // But for a port in use that is kept for failover_hold.
        assert.ok(isUsable(snapshot, label) || (selection.failoverWait !== undefined && label === ranked[0]?.label));
      }
      ranked.forEach(({ rank }, position) => {
        assert.equal(rank, position + 1);
      });
      assert.equal(selectedPort(selection), ranked[0]?.label);
    }
  },

  'every port of the device is explained'({ policy, decision }) {
    for (const { candidates } of decision.selections.values()) {
      assert.deepEqual(candidates.map(({ label }) => label).sort(), policy.ports.map(({ label }) => label).sort());
      for (const { reasons } of candidates) assert.ok(reasons.length > 0);
    }
  },

  'the same is decided from the same, and again when nothing has changed'({
    snapshot,
    policy,
    before,
    nowMs,
    decision,
  }) {
    assert.deepEqual(decide(snapshot, policy, before, nowMs), decision);
    assert.deepEqual(decide(snapshot, policy, decision.memory, nowMs), decision);
  },

  'each network instance gets what it would get alone'({ snapshot, policy, before, nowMs, decision }) {
    // The last one is of the kind of the first.
    for (const networkInstance of policy.networkInstances.slice(-1)) {
      const { id } = networkInstance;
      const alone = decide(snapshot, { ...policy, networkInstances: [networkInstance] }, before, nowMs);
      assert.deepEqual(decision.selections.get(id), alone.selections.get(id));
      assert.deepEqual(decision.memory.selections.get(id), alone.memory.selections.get(id));
    }
  },

  'time alone changes a selection when it was announced, then and not before'({ snapshot, policy, nowMs, decision }) {
    const nextMs = decision.nextDecisionAtMs ?? nowMs + 10_000_000;
    assert.ok(nextMs > nowMs);
    const shortlyBefore = decide(snapshot, policy, decision.memory, (nowMs + nextMs) / 2);
    assert.deepEqual(shortlyBefore.selections, decision.selections);
    if (decision.nextDecisionAtMs === undefined) return;
    assert.notDeepEqual(decide(snapshot, policy, decision.memory, nextMs).selections, decision.selections);
  },

  'a working, permitted port is never left for a worse one, and a dead one always'({ before, decision }) {
    for (const [id, selection] of decision.selections) {
      const { outcome: now, candidates } = selection;
      const wasOn = candidates.find(({ label }) => label === before.selections.get(id)?.port);
      if (wasOn?.eligible !== true) continue;
      if (selection.failoverWait !== undefined) {
        assert.ok(selectedPort(selection) === wasOn.label && now.kind === 'port' && !now.verified);
        // Whoever is as cheap and works is taken.
        assert.ok(
          candidates.every(
            (one) => !one.usable || one.testState !== 'working' || one.priority > wasOn.priority || !one.eligible,
          ),
        );
      } else if (!wasOn.usable) assert.notEqual(selectedPort(selection), wasOn.label);
      else if (wasOn.testState === 'working') {
        assert.ok(now.kind === 'port' && now.verified && now.priority <= wasOn.priority);
      } else if (candidates.some(({ rank, testState }) => rank !== undefined && testState === 'working')) {
        assert.ok(now.kind === 'port' && now.verified);
      }
    }
  },

  'the kernel goes over to no costlier port by itself where failover_hold is set'({ policy, decision }) {
    for (const { id, test } of policy.networkInstances) {
      const { outcome: now, candidates = [] } = decision.selections.get(id) ?? {};
      for (const { priority, rank, unarmed } of candidates) {
        const costlier = now?.kind === 'port' && rank !== undefined && priority > now.priority;
        assert.equal(unarmed, costlier && (test.failoverHoldMs ?? 0) > 0);
      }
    }
  },

  'an operation gets exactly the ports that policy permits and that have link and address'(state) {
    const { snapshot, policy, nowMs, decision } = state;
    for (const operation of operations) {
      for (const { label, rank } of rankPortsForOperation(operation, snapshot, policy, decision.memory, nowMs)) {
        const may = isPermitted(policy, label, { kind: 'operation', operation });
        assert.equal(rank !== undefined, may && isUsable(snapshot, label));
      }
    }
  },
};

function isPermitted(policy: DecisionPolicy, label: string, subject: Subject): boolean {
  const configured = policy.ports.find((one) => one.label === label);
  return configured !== undefined && evaluatePort(configured, subject, policy).length === 0;
}

function isUsable(snapshot: NetworkSnapshot, label: string): boolean {
  const facts = snapshot.ports.get(label);
  return facts !== undefined && whyUnusable(facts.observation) === undefined;
}

function selectedPort({ outcome: now }: Selection): string | undefined {
  return now.kind === 'port' ? now.label : undefined;
}

describe('decide', () => {
  it('keeps its laws in ten thousand random lives', () => {
    fc.assert(
      fc.property(lives, ([policy, deviceEvents]) => {
        for (const state of live(policy, deviceEvents)) {
          for (const [law, check] of Object.entries(laws)) {
            try {
              check(state);
            } catch (error) {
              throw new Error(`broken: ${law}`, { cause: error });
            }
          }
        }
      }),
      { numRuns: 10_000 },
    );
  }, 120_000);
});
