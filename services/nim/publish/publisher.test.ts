import { beforeEach, describe, expect, it } from '@jest/globals';

import { PortTestState } from '../../../gen/evecommon/uplink.js';
import { CandidateReasonCode, NoPortReason, SelectionCause } from '../../../gen/nim/v1/network_instance_test_status.js';
import { PortLinkState } from '../../../gen/nim/v1/port_status.js';
import { VirtualClock } from '../../../lib/clock/index.js';
import type { Port } from '../../../lib/configuration/index.js';
import { decide, emptyMemory, type DecisionMemory } from '../../../lib/decision/decide/index.js';
import { defaultRouteVia, portAs, usablePort } from '../../../lib/decision/decide/testing/scenario.js';
import {
  noTestFacts,
  testByAddress,
  type NetworkSnapshot,
  type PortObservation,
  type PresentPort,
} from '../../../lib/decision/snapshot/index.js';
import { configurationOf, networkInstanceModel, portModel } from '../testing/model.js';
import { Publisher, type ConfigurationInForce } from './index.js';

let clock: VirtualClock;
let publisher: Publisher;
let memory: DecisionMemory;

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  clock.advance(1_000);
  publisher = new Publisher(clock);
  memory = emptyMemory;
});

const shore = portModel('eth0', 0, { dnsServers: ['192.0.2.99'] });
const lte = portModel('wwan0', 10, {
  addressing: { kind: 'static', gateway: '198.51.100.1' },
  dnsServers: ['198.51.100.53'],
});

function configuration(version = 1n, ports: readonly Port[] = [shore, lte]): ConfigurationInForce {
  return configurationOf(version, {
    ports,
    networkInstances: [networkInstanceModel('crew'), networkInstanceModel('lab', { portLabel: undefined })],
  });
}

function snapshotOf(ports: Readonly<Record<string, PortObservation>>): NetworkSnapshot {
  const nowMs = clock.monotonicMs();
  return {
    ports: new Map(
      Object.entries(ports).map(([label, observation]) => [
        label,
        { observation, observedSinceMs: nowMs, test: testByAddress(noTestFacts, observation, nowMs) },
      ]),
    ),
  };
}

function publish(ports: Readonly<Record<string, PortObservation>>, configured = configuration()): void {
  const snapshot = snapshotOf(ports);
  const decision = decide(snapshot, configured.model, memory, clock.monotonicMs());
  memory = decision.memory;
  publisher.publish({ configuration: configured, snapshot, decision });
}

const eth0: PresentPort = {
  ...usablePort('eth0'),
  addresses: [
    { address: '192.168.100.2', prefixLength: 24 },
    { address: '192.0.2.7', prefixLength: 24 },
  ],
  routes: [defaultRouteVia('192.0.2.1', 100)],
  dnsServers: ['192.0.2.53', '192.0.2.99'],
};
const wwan0 = { ...usablePort('wwan0'), routes: [defaultRouteVia('198.51.100.1')] };

describe('Publisher', () => {
  it('publishes ports with what the kernel, the lease and the configuration say', () => {
    publish({ eth0, wwan0 });
    expect(publisher.deviceNetworkStatus()?.ports).toMatchObject([
      {
        logicalLabel: 'eth0',
        linkState: PortLinkState.PORT_LINK_STATE_UP,
        gateways: ['192.0.2.1'],
        // Not the first address: the one in the gateway's subnet.
        sourceAddress: '192.0.2.7',
        routes: [
          {
            destination: '0.0.0.0',
            prefixLength: 0,
            gateway: '192.0.2.1',
            source: '192.0.2.7',
            metric: 100,
            onLink: false,
          },
        ],
        dnsServers: ['192.0.2.53', '192.0.2.99'],
        testState: PortTestState.PORT_TEST_STATE_WORKING,
        lastSucceeded: { seconds: BigInt(Date.UTC(2026, 0, 1) / 1000 + 1), nanos: 0 },
        lastFailed: undefined,
        revision: 1n,
      },
      { logicalLabel: 'wwan0', gateways: ['198.51.100.1'], dnsServers: ['198.51.100.53'] },
    ]);
  });

  it('publishes NITS with the selection and every candidate', () => {
    publish({ eth0: portAs('eth0', 'no-carrier'), wwan0 });
    const [crew, lab] = publisher.networkInstanceTestStatuses();
    expect(crew).toMatchObject({
      networkInstanceId: 'crew',
      displayName: 'crew-net',
      selectedPort: { logicalLabel: 'wwan0', interface: 'wwan0', priority: 10 },
      noPortReason: NoPortReason.NO_PORT_REASON_UNSPECIFIED,
      verified: true,
      cause: SelectionCause.SELECTION_CAUSE_FIRST,
      revision: 1n,
      candidates: [
        { logicalLabel: 'wwan0', rank: 1, reasons: [{ code: CandidateReasonCode.CANDIDATE_REASON_CODE_SELECTED }] },
        {
          logicalLabel: 'eth0',
          eligible: true,
          usable: false,
          rank: 0,
          testState: PortTestState.PORT_TEST_STATE_UNTESTED,
          lastError: 'no carrier',
          reasons: [{ code: CandidateReasonCode.CANDIDATE_REASON_CODE_NO_CARRIER }],
        },
      ],
    });
    expect(lab).toMatchObject({ selectedPort: undefined, noPortReason: NoPortReason.NO_PORT_REASON_AIR_GAPPED });
  });

  it('changes both in one turn, ports first, and names the revision that NITS rest on', async () => {
    publish({ eth0, wwan0 });
    const seen: string[] = [];
    const leaving = new AbortController();
    const resume = (store: { epoch: string; revision: bigint }) => ({
      epoch: store.epoch,
      afterRevision: store.revision,
    });
    const watching = (async () => {
      for await (const { upserts } of publisher.testStatuses.watch(resume(publisher.testStatuses), leaving.signal)) {
        for (const entry of upserts) {
          seen.push(
            entry.kind === 'basis'
              ? `rests on ${entry.deviceNetworkRevision} of ${publisher.ports.revision}`
              : entry.status.networkInstanceId,
          );
        }
        if (seen.length > 0) leaving.abort();
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
    publish({ eth0: portAs('eth0', 'no-address'), wwan0 });
    await watching;
    expect(seen).toEqual(['rests on 2 of 2', 'crew', 'lab']);
  });

  it('makes one revision of a change, and none where nothing but times differ', () => {
    publish({ eth0, wwan0 });
    clock.advance(5_000);
    publish({ eth0, wwan0 });
    expect([publisher.ports.revision, publisher.testStatuses.revision]).toEqual([1n, 1n]);
    publish({ eth0: { ...eth0, dnsServers: ['192.0.2.54'] }, wwan0 });
    expect([publisher.ports.revision, publisher.testStatuses.revision]).toEqual([2n, 2n]);
    expect(publisher.networkInstanceTestStatuses().map(({ revision }) => revision)).toEqual([1n, 1n]);
    publish({ eth0: { ...eth0, dnsServers: ['192.0.2.54'] }, wwan0 }, configuration(2n));
    expect([publisher.ports.revision, publisher.testStatuses.revision]).toEqual([2n, 3n]);
    expect(publisher.basis).toEqual({
      kind: 'basis',
      configVersion: 2n,
      policyVersion: 0n,
      deviceNetworkRevision: 2n,
    });
  });

  it('keeps readers waiting until there is something to tell', async () => {
    const order: string[] = [];
    const waiting = publisher.untilPublished(AbortSignal.timeout(60_000)).then(() => order.push('woken'));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('published');
    publish({ eth0, wwan0 });
    await waiting;
    expect(order).toEqual(['published', 'woken']);
    const leaving = new AbortController();
    const another = new Publisher(clock).untilPublished(leaving.signal);
    leaving.abort();
    await expect(another).resolves.toBeUndefined();
  });

  it('says the same in the message of EVE', () => {
    publish({ eth0, wwan0: portAs('wwan0', 'no-address') });
    expect(publisher.deviceNetworkStatus()?.systemAdapter).toMatchObject({
      currentIndex: 0,
      status: [
        {
          key: 'zedagent',
          lastError: '',
          timePriority: { seconds: 1_700_000_000n },
          ports: [
            {
              ifname: 'eth0',
              name: 'eth0',
              isMgmt: true,
              free: true,
              up: true,
              dhcpType: 4,
              subnet: '192.0.2.0/24',
              gateway: '192.0.2.1',
              defaultRouters: ['192.0.2.1'],
              err: undefined,
              cost: 0,
              priority: 0,
              testState: PortTestState.PORT_TEST_STATE_WORKING,
            },
            {
              name: 'wwan0',
              free: false,
              dhcpType: 1,
              IPAddrs: [],
              cost: 10,
              priority: 10,
              err: { description: 'no address' },
              lastError: { description: 'no address' },
              lastSucceeded: undefined,
            },
          ],
        },
      ],
    });
  });

  it.each([
    ['192.0.2.77', 24, '192.0.2.0/24'],
    ['192.0.2.77', 26, '192.0.2.64/26'],
    ['10.200.3.4', 9, '10.128.0.0/9'],
    ['203.0.113.9', 32, '203.0.113.9/32'],
    ['203.0.113.9', 0, '0.0.0.0/0'],
  ])('gives the subnet of %s/%d', (address, prefixLength, want) => {
    publish({ eth0: { ...usablePort('eth0'), addresses: [{ address, prefixLength }] }, wwan0 });
    expect(publisher.deviceNetworkStatus()?.systemAdapter?.status[0]?.ports[0]?.subnet).toBe(want);
  });
});
