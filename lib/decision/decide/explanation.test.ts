import { describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { noTestFacts, testByAddress, type NetworkSnapshot } from '../snapshot/index.js';
import {
  decide,
  emptyMemory,
  rankPortsForOperation,
  type Candidate,
  type DecisionPolicy,
  type Selection,
} from './index.js';
import { NETWORK_INSTANCE_ID, policyFor, portAs, portPolicy, Scenario } from './testing/scenario.js';

function inWords(candidates: readonly Candidate[]): readonly string[] {
  return candidates.map(
    ({ label, rank, reasons }) =>
      `${rank ?? '-'} ${label}: ${reasons.map(({ code, detail }) => `${code} (${detail})`).join('; ')}`,
  );
}

function selectionIn(selections: ReadonlyMap<string, Selection>): Selection {
  const selection = selections.get(NETWORK_INSTANCE_ID);
  if (selection === undefined) throw new Error('no selection');
  return selection;
}

function snapshotOf(ports: Readonly<Record<string, string>>): NetworkSnapshot {
  return {
    ports: new Map(
      Object.entries(ports).map(([label, word]) => {
        const observation = portAs(label, word);
        return [label, { observation, observedSinceMs: 0, test: testByAddress(noTestFacts, observation, 0) }];
      }),
    ),
  };
}

describe('the explanation of a decision', () => {
  it('lists every port with its reasons, ranked ones first', () => {
    const policy: DecisionPolicy = {
      ...policyFor(
        [
          portPolicy('wwan1', 10),
          portPolicy('wwan0', 10),
          portPolicy('sat0', 20),
          portPolicy('eth0', 0),
          portPolicy('eth1', 5),
          portPolicy('eth2', 5),
          portPolicy('mgmt0', 0, { usage: 'management-only' }),
          portPolicy('lan0', 0, { labels: ['lan0', 'all'] }),
        ],
        { kind: 'priorities', priorities: [0, 5, 10] },
      ),
    };
    const up = {
      wwan1: 'up',
      wwan0: 'up',
      sat0: 'up',
      eth0: 'no-carrier',
      eth1: 'no-address',
      eth2: 'no-route',
      mgmt0: 'up',
      lan0: 'up',
    };
    expect(inWords(selectionIn(decide(snapshotOf(up), policy, emptyMemory, 0).selections).candidates)).toEqual([
      '1 wwan0: selected (first choice)',
      '2 wwan1: later-by-name (same priority as wwan0, and later by name)',
      '- eth0: no-carrier (no carrier)',
      '- eth1: no-address (no address)',
      '- eth2: no-route (no default route: the host has none over eth2; let its DHCP client or network manager set ' +
        'one, with a metric of its own for each port (ip route add default via GATEWAY dev eth2 metric NUMBER))',
      '- lan0: label-mismatch (the network instance wants ports labelled "uplink")',
      '- mgmt0: usage-forbids (the port is for management only)',
      '- sat0: priority-not-allowed (priority 20 is not among those allowed (0, 5, 10))',
    ]);
  });

  it('names the hold, the worse priority and the one in use', () => {
    const scenario = new Scenario('eth0=0 wwan0=10 wwan1=10 sat0=20');
    scenario.decideAt(0, '');
    scenario.decideAt(10, 'eth0:no-carrier wwan0:no-carrier');
    scenario.decideAt(20, 'eth0:up wwan0:up');
    scenario.decideAt(21, 'eth0:no-carrier');
    expect(inWords(selectionIn(scenario.decideAt(22, 'eth0:up').selections).candidates)).toEqual([
      '1 wwan1: selected (in use, and kept until a better port has worked for long enough)',
      '2 eth0: failback-hold (works again after 12 s, and must have worked for 60 s before traffic goes back to it; it was lost 2 times within an hour)',
      '3 wwan0: not-in-use (same priority as wwan1, which is in use)',
      '4 sat0: worse-priority (priority 20, and wwan1 has 10)',
    ]);
  });

  it('says so where none works', () => {
    const scenario = new Scenario('eth0=0 wwan0=10');
    scenario.decideAt(0, 'eth0:failing wwan0:working');
    expect(inWords(selectionIn(scenario.decideAt(10, 'wwan0:failing').selections).candidates)).toEqual([
      '1 wwan0: selected (in use); kept-while-none-works (kept, because no permitted port is known to work); test-failing (its tests fail: no answer)',
      '2 eth0: test-failing (its tests fail: no answer)',
    ]);
  });

  it.each([
    ['air-gapped', { portLabel: undefined }, 'air-gapped'],
    ['a label that no port has', { portLabel: 'starlink' }, 'no-matching-port'],
    [
      'an empty set of priorities',
      { allowedPriorities: { kind: 'priorities', priorities: [] } as const },
      'none-permitted',
    ],
  ])('says why there is no port: %s', (_what, changes, want) => {
    const policy = policyFor([portPolicy('eth0', 0)]);
    const changed = { ...policy, networkInstances: policy.networkInstances.map((one) => ({ ...one, ...changes })) };
    const { outcome } = selectionIn(decide(snapshotOf({ eth0: 'up' }), changed, emptyMemory, 0).selections);
    expect(outcome).toEqual({ kind: 'none', reason: want });
  });

  it('has nothing for a network instance that is not active, and forgets it', () => {
    const policy = policyFor([portPolicy('eth0', 0)]);
    const inactive = { ...policy, networkInstances: policy.networkInstances.map((one) => ({ ...one, active: false })) };
    const snapshot = snapshotOf({ eth0: 'up' });
    const before = decide(snapshot, policy, emptyMemory, 0);
    expect(before.selections.size).toBe(1);
    const after = decide(snapshot, inactive, before.memory, 1);
    expect(after.selections.size).toBe(0);
    expect(after.memory.selections.size).toBe(0);
  });

  it('ranks the ports of an operation by the same evaluation', () => {
    const policy = policyFor([
      portPolicy('sat0', 20),
      portPolicy('wwan0', 0),
      portPolicy('eth0', 0, { isManagement: false }),
    ]);
    const snapshot = snapshotOf({ sat0: 'up', wwan0: 'up', eth0: 'up' });
    const { memory } = decide(snapshot, policy, emptyMemory, 0);
    const rank = (operation: NetworkOperation) =>
      inWords(rankPortsForOperation(operation, snapshot, policy, memory, 0));
    expect(rank(NetworkOperation.NETWORK_OPERATION_CONTROLLER)).toEqual([
      '1 wwan0: selected (first choice)',
      '2 sat0: worse-priority (priority 20, and wwan0 has 0)',
      '- eth0: not-management-port (controller traffic uses management ports only)',
    ]);
    expect(rank(NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD)).toEqual([
      '1 wwan0: selected (first choice)',
      '- eth0: not-management-port (app image download uses management ports only)',
      '- sat0: priority-not-allowed (priority 20 is above network.download.max.cost (0), and app image download has no policy of its own)',
    ]);
  });
});
