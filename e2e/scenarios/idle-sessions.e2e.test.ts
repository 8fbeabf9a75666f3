import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { PortTestState } from '../../gen/evecommon/uplink.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import {
  internetAddresses,
  portMaps,
  servicePorts,
  waitFor,
  waitUntil,
  type AppName,
  type PortName,
} from '../../lab/index.js';
import type { ShipOptions } from '../../lab/ship.js';
import { launchShip, wrongSources, type Ship } from './ship.js';

/** Within which an app that waits and sends nothing is told. A few milliseconds, on a machine that is not busy. */
const AT_ONCE_MS = 1_000;

describe('sessions in which nobody says anything, on a ship whose network instances move', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip({ services: { controller: true } });
  });

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  async function push(options: ShipOptions): Promise<void> {
    await ship.lab.pushConfig(ship.lab.configuration({ failbackHoldSeconds: 0, ...options }));
  }

  /** A session of an app with a server on the internet, over this port. */
  async function session(app: AppName, port: PortName, intervalMs?: number): Promise<number> {
    const { agent } = ship.lab.app(app);
    const { session: number } = await agent.call('startTcpSession', {
      address: app === 'app1' ? internetAddresses.echo1 : internetAddresses.echo2,
      port: servicePorts.echo,
      ...(intervalMs === undefined ? {} : { intervalMs }),
    });
    const { publicAddress } = ship.lab.isp(port);
    const connected = async (): Promise<boolean> =>
      (await agent.call('readTcpSession', { session: number })).source === publicAddress;
    expect(await waitUntil(connected, { timeoutMs: 5_000 })).toBe(true);
    return number;
  }

  /** Waits until a session has ended, which must be by a reset, and ends it for good; answers when. */
  async function resetAtMs(app: AppName, number: number): Promise<number> {
    const { agent } = ship.lab.app(app);
    const first = await waitFor(
      'the end of a session',
      async () => (await agent.call('readTcpSession', { session: number })).breaks[0],
      { timeoutMs: 10_000, everyMs: 10 },
    );
    await agent.call('stopTcpSession', { session: number });
    expect(first.kind).toBe('reset');
    return first.brokenMs;
  }

  /** How many sessions the app's terminal server has. */
  async function terminals(app: AppName): Promise<number> {
    const { stdout } = await ship.lab.exec(app, ['ss', '-Htn', 'state', 'established', 'sport', '=', ':22']);
    return stdout.split('\n').filter((line) => line !== '').length;
  }

  /** From the internet to app1's terminal server, by its port map on this port. */
  async function terminal(port: PortName): Promise<() => Promise<void>> {
    const { agent } = ship.lab.internet;
    const { session: number } = await agent.call('startTcpSession', {
      address: ship.lab.isp(port).publicAddress,
      port: portMaps.app1.tcpEcho,
    });
    expect(await waitUntil(async () => (await terminals('app1')) === 1, { timeoutMs: 5_000 })).toBe(true);
    return async () => {
      await agent.call('stopTcpSession', { session: number });
    };
  }

  it('are reset at once when policy moves them, in either direction, and the other app’s go on', async () => {
    const { lab, watch } = ship;
    const mine = await session('app1', 'eth0');
    const hangUp = await terminal('eth0');
    const others = [await session('app2', 'eth0'), await session('app2', 'eth0', 20)];
    await push({ allowedPriorities: { default: [1, 2] } });
    const appliedMs = await watch.applied('default', 'wwan0');
    expect((await resetAtMs('app1', mine)) - appliedMs).toBeLessThan(AT_ONCE_MS);
    expect(await waitUntil(async () => (await terminals('app1')) === 0, { timeoutMs: AT_ONCE_MS, everyMs: 20 })).toBe(
      true,
    );
    await hangUp();
    const { agent } = lab.app('app2');
    const echoed = async (): Promise<number> =>
      (await agent.call('readTcpSession', { session: others[1] ?? 0 })).echoedLines;
    const before = await echoed();
    expect(await waitUntil(async () => (await echoed()) > before + 5, { timeoutMs: 5_000 })).toBe(true);
    for (const number of others) expect((await agent.call('stopTcpSession', { session: number })).breaks).toEqual([]);
    await push({});
    await watch.applied('default', 'eth0');
  });

  it('are reset at once when the cable is pulled', async () => {
    const { lab, watch } = ship;
    const mine = await session('app1', 'eth0');
    const { beforeMs } = await lab.pullCable('eth0');
    expect((await resetAtMs('app1', mine)) - beforeMs).toBeLessThan(AT_ONCE_MS);
    await watch.applied('default', 'wwan0');
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });

  it('are reset at once when the internet behind their port is found dead', async () => {
    const { lab, watch } = ship;
    const nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${lab.runDir}/nim.sock`);
    const working = async (): Promise<boolean> => {
      const { deviceNetworkStatus } = await call(nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
      const ports = deviceNetworkStatus?.ports ?? [];
      return ports.length > 0 && ports.every(({ testState }) => testState === PortTestState.PORT_TEST_STATE_WORKING);
    };
    expect(await waitUntil(working, { timeoutMs: 60_000, everyMs: 100 })).toBe(true);
    nim.close();
    const silent = await session('app1', 'eth0');
    // One that speaks, whose retransmissions are some seconds apart when its port is given up.
    const talking = await session('app1', 'eth0', 100);
    await lab.killInternetBehind('eth0');
    const appliedMs = await watch.applied('default', 'wwan0');
    expect((await resetAtMs('app1', silent)) - appliedMs).toBeLessThan(AT_ONCE_MS);
    expect((await resetAtMs('app1', talking)) - appliedMs).toBeLessThan(AT_ONCE_MS);
    await lab.restoreInternetBehind('eth0');
    await watch.applied('default', 'eth0');
  });

  it('are reset at once when policy leaves them no port at all', async () => {
    const { watch } = ship;
    const mine = await session('app1', 'eth0');
    const hangUp = await terminal('eth0');
    await push({ allowedPriorities: { default: [] } });
    const appliedMs = await watch.applied('default', '');
    expect((await resetAtMs('app1', mine)) - appliedMs).toBeLessThan(AT_ONCE_MS);
    expect(await waitUntil(async () => (await terminals('app1')) === 0, { timeoutMs: AT_ONCE_MS, everyMs: 20 })).toBe(
      true,
    );
    await hangUp();
    await push({});
    await watch.applied('default', 'eth0');
  });

  it('are reset at both ends when they led from one app to another by the port map of the port that is left', async () => {
    const { lab, watch } = ship;
    const { agent } = lab.app('app1');
    const { session: mine } = await agent.call('startTcpSession', {
      address: lab.isp('eth0').publicAddress,
      port: portMaps.app2.tcpEcho,
    });
    const connected = async (): Promise<boolean> =>
      (await agent.call('readTcpSession', { session: mine })).source !== undefined;
    expect(await waitUntil(connected, { timeoutMs: 5_000 })).toBe(true);
    expect(await terminals('app2')).toBe(1);
    await push({ allowedPriorities: { business: [1] } });
    const appliedMs = await watch.applied('business', 'wwan0');
    expect((await resetAtMs('app1', mine)) - appliedMs).toBeLessThan(AT_ONCE_MS);
    expect(await waitUntil(async () => (await terminals('app2')) === 0, { timeoutMs: AT_ONCE_MS, everyMs: 20 })).toBe(
      true,
    );
    await push({});
    await watch.applied('business', 'eth0');
  });

  it('survive a port that is away for a moment where there is no other', async () => {
    const { lab, watch } = ship;
    await push({ allowedPriorities: { default: [0] } });
    // The kernel would take wwan0 by itself, as long as that is armed.
    const isArmed = async (): Promise<boolean> =>
      (await lab.exec('device', ['ip', 'rule', 'show'])).stdout.includes('from 10.77.0.0/24 lookup 502');
    expect(await waitUntil(async () => !(await isArmed()), { timeoutMs: 5_000 })).toBe(true);
    const mine = await session('app1', 'eth0', 50);
    await lab.pullCable('eth0');
    await watch.applied('default', '');
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    const { agent } = lab.app('app1');
    const echoed = async (): Promise<number> => (await agent.call('readTcpSession', { session: mine })).echoedLines;
    const before = await echoed();
    expect(await waitUntil(async () => (await echoed()) > before, { timeoutMs: 10_000 })).toBe(true);
    expect((await agent.call('stopTcpSession', { session: mine })).breaks).toEqual([]);
    await push({});
    await watch.applied('default', 'eth0');
  });
});
