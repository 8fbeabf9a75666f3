import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { PortTestState, TestFailureKind } from '../../gen/evecommon/uplink.js';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import type { PortStatus } from '../../gen/nim/v1/port_status.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import {
  inflict,
  internetAddresses,
  monotonicMs,
  portNames,
  servicePorts,
  waitFor,
  type PortFaultKind,
  type PortName,
} from '../../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

type Activity = 'idle' | 'udp' | 'tcp';

describe('a ship whose uplink fails above the path', () => {
  let ship: Ship;
  let nim: NetworkInterfaceManagerServiceClient;
  const undo: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    // Longer than all of this takes: no lease is to be renewed over a port that is as good as dead.
    ship = await launchShip({ services: { controller: true }, lab: { leaseSeconds: 3_600 } });
    nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${ship.lab.runDir}/nim.sock`);
    await untilAllWork();
  });

  afterEach(async () => {
    for (const each of undo.splice(0).reverse()) await each();
    await ship.watch.applied('default', 'eth0');
    await ship.watch.applied('business', 'eth0');
    await untilAllWork();
  });

  afterAll(async () => {
    nim.close();
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  async function ports(): Promise<readonly PortStatus[]> {
    const { deviceNetworkStatus } = await call(nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
    return deviceNetworkStatus?.ports ?? [];
  }

  function untilAllWork(): Promise<true> {
    const works = ({ testState, targets }: PortStatus): boolean =>
      testState === PortTestState.PORT_TEST_STATE_WORKING && targets.every(({ inDoubt }) => !inDoubt);
    return waitFor('that every port works', async () => ((await ports()).every(works) ? true : undefined), {
      timeoutMs: 90_000,
      everyMs: 100,
    });
  }

  async function moves(): Promise<number> {
    const { events } = await call(nim, 'listEvents', { afterSequence: 0n, limit: 0 }, { timeoutMs: 5_000 });
    return events.filter(({ kind }) => kind?.$case === 'selectionChanged').length;
  }

  async function begin(kind: PortFaultKind, ...names: readonly PortName[]): Promise<void> {
    for (const port of names) undo.push(await inflict(ship.lab, { kind, port }));
  }

  /** Waits until the network instance is on the other port, which may take longer than other moves do. */
  async function untilLeft(withinMs: number): Promise<void> {
    const { watch } = ship;
    const left = (): Promise<true | undefined> =>
      watch.applied('default', 'wwan0').then(
        () => true,
        () => undefined,
      );
    await waitFor('traffic over wwan0', left, { timeoutMs: withinMs });
  }

  /** An app that does this until the test ends. */
  async function act(activity: Activity, bytes = 1): Promise<void> {
    const { agent } = ship.lab.app('app1');
    const echo = { address: internetAddresses.echo1, port: servicePorts.echo };
    switch (activity) {
      case 'idle':
        return;
      case 'udp': {
        const { stream } = await agent.call('startUdpStream', { ...echo, intervalMs: 20 });
        undo.push(async () => {
          await agent.call('stopUdpStream', { stream });
        });
        return;
      }
      case 'tcp': {
        const stop = new AbortController();
        const url = `http://${internetAddresses.web}/bytes/${bytes}`;
        const fetching = (async () => {
          while (!stop.signal.aborted) {
            const { tookMs } = await agent.call('fetch', { url, timeoutMs: 2_000 });
            await untilMs(monotonicMs() + 1_000 - Math.min(900, tookMs));
          }
        })();
        undo.push(async () => {
          stop.abort();
          await fetching;
        });
      }
    }
  }

  it.each<{ fault: PortFaultKind; activity: Activity; withinMs: number; failure?: TestFailureKind }>([
    // As for silence: 3 s while an app sends, 6 s while none does; and twice that, for this machine is busy.
    { fault: 'host-unreachable', activity: 'udp', withinMs: 6_000 },
    { fault: 'host-unreachable', activity: 'idle', withinMs: 12_000 },
    { fault: 'net-unreachable', activity: 'udp', withinMs: 6_000 },
    { fault: 'admin-prohibited', activity: 'udp', withinMs: 6_000 },
    { fault: 'admin-prohibited', activity: 'idle', withinMs: 12_000 },
    { fault: 'time-exceeded', activity: 'udp', withinMs: 6_000 },
    // 10 s while an app's TCP suffers; and half as much again, for the same reason.
    { fault: 'tcp-dropped', activity: 'tcp', withinMs: 15_000, failure: TestFailureKind.TEST_FAILURE_KIND_TIMEOUT },
    { fault: 'tcp-reset', activity: 'tcp', withinMs: 15_000 },
    { fault: 'portal', activity: 'tcp', withinMs: 15_000 },
    { fault: 'tcp-accelerated', activity: 'tcp', withinMs: 15_000 },
    // A minute while none does, and none of what is sent by other means suffers.
    { fault: 'tcp-dropped', activity: 'udp', withinMs: 65_000, failure: TestFailureKind.TEST_FAILURE_KIND_TIMEOUT },
  ])('$fault is left in time, app $activity', async ({ fault, activity, withinMs, failure }) => {
    const { lab } = ship;
    await act(activity);
    await goesOutBy(lab, 'app1', 'eth0');
    const beganMs = monotonicMs();
    await begin(fault, 'eth0');
    await untilLeft(withinMs);
    expect(monotonicMs() - beganMs).toBeLessThan(withinMs);
    const eth0 = (await ports()).find(({ logicalLabel }) => logicalLabel === 'eth0');
    expect(eth0?.testState).toBe(PortTestState.PORT_TEST_STATE_FAILING);
    if (failure !== undefined) expect(eth0?.lastFailure).toBe(failure);
  });

  it('large packets that are lost are left while an app downloads', async () => {
    // Tests know that they come through here before they are missed.
    await waitFor('a packet of full size over each port', async () => ((await sizesCounted()) ? true : undefined), {
      timeoutMs: 60_000,
      everyMs: 250,
    });
    await act('tcp', 100_000);
    const beganMs = monotonicMs();
    await begin('large-dropped', 'eth0');
    await untilLeft(35_000);
    expect(monotonicMs() - beganMs).toBeLessThan(35_000);
    // The certificates of a TLS handshake may be missed first.
    const eth0 = (await ports()).find(({ logicalLabel }) => logicalLabel === 'eth0');
    expect(eth0?.testState).toBe(PortTestState.PORT_TEST_STATE_FAILING);
  });

  async function sizesCounted(): Promise<boolean> {
    return (await ports()).every(({ targets }) =>
      targets.every(({ fullSizeSucceeded }) => fullSizeSucceeded !== undefined),
    );
  }

  it.each<PortFaultKind>(['echo-dropped', 'icmp-limited', 'icmp-blocked'])(
    'nobody moves for %s, and tests calm down',
    async (fault) => {
      await begin(fault, ...portNames);
      const before = await moves();
      const spent = async (): Promise<number> =>
        (await ports()).reduce((sum, { testBudget }) => sum + Number(testBudget?.spentBytes ?? 0n), 0);
      // Each port meets it, and learns by what it is answered.
      await untilMs(monotonicMs() + 20_000);
      const [beganMs, beganBytes] = [monotonicMs(), await spent()];
      await untilMs(beganMs + 20_000);
      const share = ((await spent()) - beganBytes) / (monotonicMs() - beganMs);
      expect(await moves()).toBe(before);
      // Three ports that spend 1.2 bytes a millisecond each was what was seen; a tenth of that is calm.
      expect(share).toBeLessThan(0.36);
    },
  );

  async function untilMs(atMs: number): Promise<void> {
    await waitFor('the time', () => Promise.resolve(monotonicMs() >= atMs ? true : undefined), {
      timeoutMs: atMs - monotonicMs() + 5_000,
      everyMs: 250,
    });
  }

  it('of ports that are all rejected, the first that answers is taken', async () => {
    const { watch } = ship;
    await begin('admin-prohibited', ...portNames);
    await waitFor(
      'that no port works',
      async () =>
        (await ports()).every(({ testState }) => testState === PortTestState.PORT_TEST_STATE_FAILING)
          ? true
          : undefined,
      { timeoutMs: 60_000, everyMs: 100 },
    );
    await undo.splice(portNames.indexOf('sat0'), 1)[0]?.();
    await watch.applied('default', 'sat0');
  });

  it.each<{ fault: PortFaultKind; failure: TestFailureKind }>([
    { fault: 'tcp-dropped', failure: TestFailureKind.TEST_FAILURE_KIND_TIMEOUT },
    { fault: 'tcp-reset', failure: TestFailureKind.TEST_FAILURE_KIND_REFUSED },
    { fault: 'portal', failure: TestFailureKind.TEST_FAILURE_KIND_TIMEOUT },
  ])('a test by hand that fails for $fault says so the first time', async ({ fault, failure }) => {
    await begin(fault, 'wwan0');
    const { results } = await call(nim, 'testPorts', { ports: ['wwan0'] }, { timeoutMs: 30_000 });
    expect(results).toMatchObject([
      { logicalLabel: 'wwan0', targets: [{ testState: PortTestState.PORT_TEST_STATE_FAILING, lastFailure: failure }] },
    ]);
    expect(results[0]?.targets[0]?.lastError).not.toBe('');
  });
});
