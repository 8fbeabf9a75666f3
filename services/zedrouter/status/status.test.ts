import { describe, expect, it } from '@jest/globals';

import { ApplyState, type NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import type { Selection } from '../desired/inputs.js';
import type { ReconcileReport } from '../reconcile/report.js';
import type { DeviceModel } from '../../../lib/configuration/index.js';
import { NO_IDS, idsFor } from '../ids/ids.js';
import { INPUTS, MODEL, neighbourAt, NI_BUSINESS, NI_DEFAULT, PORTS, selection, WEB } from '../testing/ship.js';
import { NOTHING } from '../testing/simulated-kernel.js';
import { networkInstanceStatuses } from './status.js';

const told = new Map<string, NetworkInstanceStatus>();

function statuses(
  selections: readonly (readonly [string, Selection])[],
  phase: ReconcileReport['phase'],
  isVerified = false,
  planned: ReconcileReport['planned'] = [{ name: 'switch', operations: [] }],
  draining: ReconcileReport['draining'] = new Map(),
): ReadonlyMap<string, NetworkInstanceStatus> {
  const report: ReconcileReport = {
    inputs: {
      config: { version: 1n, model: MODEL },
      ports: { epoch: 'e', revision: 1n, facts: PORTS },
      selections: { epoch: 'e', revision: 1n, portsRevision: 1n, selections: new Map(selections) },
    },
    ids: INPUTS.ids,
    desired: NOTHING,
    planned,
    failures: [],
    phase,
    isVerified,
    draining,
  };
  const made = networkInstanceStatuses(report, (id) => told.get(id));
  for (const [id, status] of made) told.set(id, status);
  return made;
}

const brief = (status: NetworkInstanceStatus | undefined) =>
  status && [status.state, status.armedPorts.join(), status.settled, status.verified];
const { APPLY_STATE_APPLIED: APPLIED, APPLY_STATE_PENDING: PENDING } = ApplyState;

describe('the statuses of network instances', () => {
  it('go from pending over applied to verified, and only those of network instances that move', () => {
    const [before, after] = [selection(['eth0', 'wwan0']), { ...selection(['wwan0', 'eth0']), revision: 2n }];
    const business = [NI_BUSINESS, selection(['eth0'])] as const;
    const first = statuses([[NI_DEFAULT, before], business], 'pending');
    expect(brief(first.get(NI_DEFAULT))).toEqual([PENDING, '', false, false]);
    expect(first.get(NI_DEFAULT)).toMatchObject({
      appliedNitsRevision: 0n,
      appliedConfigVersion: 0n,
      interfaceInUse: '',
    });

    const applied = statuses([[NI_DEFAULT, before], business], 'applied');
    expect(brief(applied.get(NI_DEFAULT))).toEqual([APPLIED, 'eth0,wwan0', false, false]);

    const verified = statuses([[NI_DEFAULT, before], business], 'settled', true);
    expect(brief(verified.get(NI_DEFAULT))).toEqual([APPLIED, 'eth0,wwan0', true, true]);

    const moving = statuses([[NI_DEFAULT, after], business], 'pending');
    expect(brief(moving.get(NI_DEFAULT))).toEqual([PENDING, 'eth0,wwan0', false, false]);
    expect(brief(moving.get(NI_BUSINESS))).toEqual([APPLIED, 'eth0', true, true]);

    const moved = statuses([[NI_DEFAULT, after], business], 'settled');
    expect(brief(moved.get(NI_DEFAULT))).toEqual([APPLIED, 'wwan0,eth0', false, false]);
    expect(brief(moved.get(NI_BUSINESS))).toEqual([APPLIED, 'eth0', true, true]);

    // Flows that are counted make nothing less verified.
    const selections = [[NI_DEFAULT, after] as const, business];
    statuses(selections, 'settled', true);
    const left = new Map([[NI_DEFAULT, [{ port: 'eth0', flows: 12, endsAtWallMs: 1_500 }]]]);
    const draining = statuses(selections, 'settled', false, [], left).get(NI_DEFAULT);
    expect(brief(draining)).toEqual([APPLIED, 'wwan0,eth0', true, true]);
    expect(draining?.drainingPorts).toEqual([
      { port: 'eth0', interface: 'eth0', flows: 12, endsAt: { seconds: 1n, nanos: 500_000_000 } },
    ]);
  });

  it('stay verified where another revision of NITS changes nothing in the kernel', () => {
    const before = selection(['eth0', 'wwan0']);
    const others = (revision: bigint) => [[NI_DEFAULT, { ...before, revision }]] as const;
    statuses(others(3n), 'settled', true, []);
    const same = statuses(others(4n), 'settled', false, []).get(NI_DEFAULT);
    expect([same?.appliedNitsRevision, ...(brief(same) ?? [])]).toEqual([4n, APPLIED, 'eth0,wwan0', true, true]);
    const changed = statuses(others(5n), 'settled').get(NI_DEFAULT);
    expect(brief(changed)).toEqual([APPLIED, 'eth0,wwan0', false, false]);
    const unread = statuses(others(6n), 'settled', false, []).get(NI_DEFAULT);
    expect(brief(unread)).toEqual([APPLIED, 'eth0,wwan0', false, false]);
  });
});

describe('apps of one network instance in a kernel without br_netfilter', () => {
  const noticesWith = (apps: DeviceModel['apps'], filtersMembers: boolean | undefined) => {
    const model = { ...MODEL, apps };
    const report: ReconcileReport = {
      inputs: {
        config: { version: 1n, model },
        ports: { epoch: 'e', revision: 1n, facts: PORTS },
        selections: { epoch: 'e', revision: 1n, portsRevision: 1n, selections: new Map() },
      },
      ids: idsFor(model, NO_IDS),
      desired: NOTHING,
      planned: [],
      failures: [],
      phase: 'settled',
      isVerified: true,
      draining: new Map(),
      filtersMembers,
    };
    return (
      networkInstanceStatuses(report, () => undefined)
        .get(NI_DEFAULT)
        ?.notices.join() ?? ''
    );
  };

  it('are told of, with the remedy, where there are several', () => {
    const open = [WEB, neighbourAt('10.77.0.9')];
    const two = open.map((app) => ({
      ...app,
      interfaces: app.interfaces.map((each) => ({ ...each, accessList: [] })),
    }));
    expect(noticesWith(two, false)).toMatch(/whatever their access lists say.*modprobe br_netfilter/);
    expect(noticesWith(open, false)).not.toMatch(/br_netfilter/);
    expect(noticesWith(two.slice(0, 1), false)).not.toMatch(/br_netfilter/);
    expect(noticesWith(two, true)).not.toMatch(/br_netfilter/);
    expect(noticesWith(two, undefined)).not.toMatch(/br_netfilter/);
  });
});

describe('a forwarder that does not start', () => {
  it('is an error and an obstacle of the network instances that ask it, and of no other', () => {
    const eth0 = PORTS.get('eth0');
    if (eth0 === undefined) throw new Error('no eth0');
    const service = { config: '', dhcpHosts: '', hosts: '', servers: '' };
    const report: ReconcileReport = {
      inputs: {
        config: { version: 1n, model: MODEL },
        ports: {
          epoch: 'e',
          revision: 1n,
          facts: new Map([...PORTS, ['eth0', { ...eth0, dnsServers: ['192.0.2.53', '192.0.2.54'] }]]),
        },
        selections: {
          epoch: 'e',
          revision: 1n,
          portsRevision: 1n,
          selections: new Map([
            [NI_DEFAULT, selection(['wwan0', 'eth0'])],
            [NI_BUSINESS, selection(['wwan0'])],
          ]),
        },
      },
      ids: INPUTS.ids,
      desired: NOTHING,
      planned: [],
      failures: [{ operation: { kind: 'name-service-start', bridge: 'names-eth0', service }, message: 'no room' }],
      phase: 'settled',
      isVerified: false,
      draining: new Map(),
    };
    const made = networkInstanceStatuses(report, () => undefined);
    expect(made.get(NI_DEFAULT)).toMatchObject({
      errors: ['name-service-start: no room'],
      obstacles: [{ subject: 'dnsmasq of names-eth0', detail: 'no room' }],
    });
    expect(made.get(NI_BUSINESS)).toMatchObject({ errors: [], obstacles: [] });
  });
});
