import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { NetworkRouterServiceClient, type DrainingPort } from '../../gen/zedrouter/v1/network_router.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { internetAddresses, monotonicMs, portMaps, servicePorts, waitUntil, type PortName } from '../../lab/index.js';
import type { UdpStreamReport } from '../../lab/traffic/udp-stream.js';
import type { ShipOptions } from '../../lab/ship.js';
import { goesOutBy, launchShip, portMapAnswersOn, wrongSources, type Ship } from './ship.js';

const FAILBACKS = 5;
/** Far from what is measured, for a machine that does other things, too. */
const NEW_FLOWS_WITHIN_MS = 500;
const SHORT_DRAIN_SECONDS = 2;
/** An answer that is underway when its flow ends is nobody's; a busy machine may have some. One drain has none. */
const DRAINS_AT_MOST = 4;
const UNDERWAY_AT_MOST = 10;

describe('a ship whose network instances move by plan', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip({ configuration: { drainSeconds: 300 } });
  });

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  async function push(options: ShipOptions): Promise<void> {
    await ship.lab.pushConfig(ship.lab.configuration({ failbackHoldSeconds: 0, drainSeconds: 300, ...options }));
  }

  /** Gives the port of this name the best priority; every port stays permitted. */
  async function prefer(port: PortName, options: ShipOptions = {}): Promise<void> {
    const config = ship.lab.configuration({ failbackHoldSeconds: 0, drainSeconds: 300, ...options });
    const order = [port, ...(['eth0', 'wwan0', 'sat0'] as const).filter((other) => other !== port)];
    for (const each of config.deviceIoList) {
      each.usagePolicy = { ...each.usagePolicy, fallBackPriority: order.indexOf(each.phylabel as PortName) } as never;
    }
    await ship.lab.pushConfig(config);
  }

  async function startSession(intervalMs?: number): Promise<number> {
    const { agent } = ship.lab.app('app1');
    const { session } = await agent.call('startTcpSession', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      ...(intervalMs === undefined ? {} : { intervalMs }),
    });
    const connected = async (): Promise<boolean> =>
      (await agent.call('readTcpSession', { session })).source !== undefined;
    expect(await waitUntil(connected, { timeoutMs: 5_000 })).toBe(true);
    return session;
  }

  async function draining(): Promise<readonly DrainingPort[]> {
    const zedrouter = connectTo(NetworkRouterServiceClient, `unix:${ship.lab.runDir}/zedrouter.sock`);
    try {
      // Of all: one that has just started knows none by name yet.
      const request = { networkInstances: [] };
      const { statuses } = await call(zedrouter, 'listNetworkInstanceStatus', request, { timeoutMs: 5_000 });
      return statuses.find(({ displayName }) => displayName === 'default')?.drainingPorts ?? [];
    } finally {
      zedrouter.close();
    }
  }

  const echoes = async (session: number): Promise<number> =>
    (await ship.lab.app('app1').agent.call('readTcpSession', { session })).echoedLines;

  it('keeps sessions over planned moves to and fro, new flows go the new way at once', async () => {
    const { lab, watch } = ship;
    const { agent } = lab.app('app1');
    const typing = await startSession(10);
    const silent = await startSession();
    const { stream } = await agent.call('startUdpStream', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      intervalMs: 5,
    });
    for (let round = 0; round < FAILBACKS; round += 1) {
      const port = round % 2 === 0 ? 'wwan0' : 'eth0';
      await prefer(port);
      const appliedMs = await watch.applied('default', port);
      expect(await goesOutBy(lab, 'app1', port)).toBe(true);
      expect(monotonicMs() - appliedMs).toBeLessThan(NEW_FLOWS_WITHIN_MS);
      const before = await echoes(typing);
      expect(await waitUntil(async () => (await echoes(typing)) > before + 10, { timeoutMs: 5_000 })).toBe(true);
      expect(await portMapAnswersOn(lab)).toEqual([port]);
    }
    for (const session of [typing, silent]) {
      expect((await agent.call('stopTcpSession', { session })).breaks).toEqual([]);
    }
    const { sources, lost } = await agent.call('stopUdpStream', { stream });
    expect(sources.map(({ address }) => address)).toEqual([lab.isp('eth0').publicAddress]);
    expect(lost).toBe(0);
    await prefer('eth0');
    await watch.applied('default', 'eth0');
  });

  it('says how many flows are left, and stops when there are none', async () => {
    const { lab, watch } = ship;
    const sessions = [await startSession(), await startSession()];
    await prefer('wwan0');
    await watch.applied('default', 'wwan0');
    const counted = async (): Promise<boolean> => ((await draining())[0]?.flows ?? 0) >= sessions.length;
    expect(await waitUntil(counted, { timeoutMs: 5_000, everyMs: 50 })).toBe(true);
    expect((await draining())[0]).toMatchObject({ port: 'eth0', interface: 'eth0' });
    await lab.services.get('zedrouter').kill('SIGKILL');
    await lab.services.get('zedrouter').start();
    // Its own state is gone; the kernel's tells it.
    expect(await waitUntil(counted, { timeoutMs: 10_000, everyMs: 50 })).toBe(true);
    for (const session of sessions) await lab.app('app1').agent.call('stopTcpSession', { session });
    await prefer('eth0');
    await watch.applied('default', 'eth0');
    expect((await draining()).some(({ port }) => port === 'eth0')).toBe(false);
  });

  it('lets an inbound session go on by the port that it came in by', async () => {
    const { lab, watch } = ship;
    const { agent } = lab.internet;
    const { session } = await agent.call('startTcpSession', {
      address: lab.isp('eth0').publicAddress,
      port: portMaps.app1.tcpEcho,
      intervalMs: 20,
    });
    const echoed = async (): Promise<number> => (await agent.call('readTcpSession', { session })).echoedLines;
    expect(await waitUntil(async () => (await echoed()) > 5, { timeoutMs: 5_000 })).toBe(true);
    await prefer('wwan0');
    await watch.applied('default', 'wwan0');
    const before = await echoed();
    expect(await waitUntil(async () => (await echoed()) > before + 10, { timeoutMs: 5_000 })).toBe(true);
    expect((await agent.call('stopTcpSession', { session })).breaks).toEqual([]);
    await prefer('eth0');
    await watch.applied('default', 'eth0');
  });

  /** A session and a stream of datagrams over one drain that ends with its time. */
  async function drainToItsEnd(): Promise<UdpStreamReport> {
    const { lab, watch } = ship;
    const { agent } = lab.app('app1');
    await prefer('eth0', { drainSeconds: SHORT_DRAIN_SECONDS });
    await watch.applied('default', 'eth0');
    const silent = await startSession();
    const { stream } = await agent.call('startUdpStream', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      intervalMs: 5,
    });
    await prefer('wwan0', { drainSeconds: SHORT_DRAIN_SECONDS });
    await watch.applied('default', 'wwan0');
    const broken = async (): Promise<boolean> =>
      (await agent.call('readTcpSession', { session: silent })).breaks.length > 0;
    expect(await broken()).toBe(false);
    expect(await waitUntil(broken, { timeoutMs: 10_000, everyMs: 20 })).toBe(true);
    expect((await agent.call('stopTcpSession', { session: silent })).breaks[0]?.kind).toBe('reset');
    return agent.call('stopUdpStream', { stream });
  }

  it('ends what stayed with its time, losing no datagram but what is underway', async () => {
    const { lab, watch } = ship;
    const reports: UdpStreamReport[] = [];
    do reports.push(await drainToItsEnd());
    while (reports.at(-1)?.lost !== 0 && reports.length < DRAINS_AT_MOST);
    for (const { sources, lost } of reports) {
      expect(sources.map(({ address }) => address)).toEqual([
        lab.isp('eth0').publicAddress,
        lab.isp('wwan0').publicAddress,
      ]);
      expect(lost).toBeLessThanOrEqual(UNDERWAY_AT_MOST);
    }
    expect(reports.at(-1)?.lost).toBe(0);
    await push({});
    await watch.applied('default', 'eth0');
  });

  it.each<{ what: string; loses: () => Promise<unknown>; heals: () => Promise<unknown> }>([
    {
      what: 'loses its link',
      loses: () => ship.lab.pullCable('eth0'),
      heals: () => ship.lab.plugCable('eth0'),
    },
    {
      what: 'is forbidden',
      loses: () => push({ allowedPriorities: { default: [1, 2] } }),
      heals: () => push({}),
    },
  ])('resets what stayed at once when its port $what', async ({ loses, heals }) => {
    const { lab, watch } = ship;
    const { agent } = lab.app('app1');
    const silent = await startSession();
    await prefer('wwan0');
    await watch.applied('default', 'wwan0');
    await loses();
    const broken = async (): Promise<boolean> =>
      (await agent.call('readTcpSession', { session: silent })).breaks.length > 0;
    expect(await waitUntil(broken, { timeoutMs: 5_000, everyMs: 10 })).toBe(true);
    expect((await agent.call('stopTcpSession', { session: silent })).breaks[0]?.kind).toBe('reset');
    await heals();
    await push({});
    await watch.applied('default', 'eth0');
  });
});
