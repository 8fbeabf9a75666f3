import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { internetAddresses, monotonicMs, portMaps, servicePorts, waitUntil, type AppName } from '../../lab/index.js';
import { goesOutBy, launchShip, portMapAnswersOn, sourceSeen, wrongSources, type Ship } from './ship.js';

describe('a ship whose uplinks fail', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  it('uses the free port first, and opens port maps there alone', async () => {
    const { lab } = ship;
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    expect(await portMapAnswersOn(lab)).toEqual(['eth0']);
    const refused = await lab.internet.agent.call('askTcp', {
      address: lab.isp('wwan0').publicAddress,
      port: portMaps.app1.whoAreYou,
      timeoutMs: 2_000,
    });
    expect(refused).toMatchObject({ kind: 'failed', error: expect.stringContaining('ECONNREFUSED') });
  });

  it('keeps a port map with an adapter label to that port', async () => {
    const { lab, watch } = ship;
    expect(await portMapAnswersOn(lab, portMaps.app1.whoAreYouOnEth0Only)).toEqual(['eth0']);
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    expect(await portMapAnswersOn(lab, portMaps.app1.whoAreYouOnEth0Only)).toEqual([]);
    expect(await portMapAnswersOn(lab)).toEqual(['wwan0']);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });

  it('keeps a long UDP flow going through a cable pulled and plugged back', async () => {
    const { lab, watch } = ship;
    const { agent } = lab.app('app1');
    const { stream } = await agent.call('startUdpStream', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      intervalMs: 2,
    });
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    const report = await agent.call('stopUdpStream', { stream });
    expect(new Set(report.sources.map(({ address }) => address))).toEqual(
      new Set([lab.isp('eth0').publicAddress, lab.isp('wwan0').publicAddress]),
    );
    // Far from what is measured, and far from what a failover in user space takes when a machine is busy.
    expect(report.longestOutageMs).toBeLessThan(500);
  });

  it('resets a session like ssh at once, even behind an ISP that swallows mid-stream packets', async () => {
    const { lab, watch } = ship;
    const { agent } = lab.app('app1');
    const { session } = await agent.call('startTcpSession', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      intervalMs: 20,
    });
    const connected = (address: string) => async (): Promise<boolean> =>
      (await agent.call('readTcpSession', { session })).source === address;
    expect(await waitUntil(connected(lab.isp('eth0').publicAddress), { timeoutMs: 5_000 })).toBe(true);
    await lab.pullCable('eth0');
    expect(await waitUntil(connected(lab.isp('wwan0').publicAddress), { timeoutMs: 5_000 })).toBe(true);
    await watch.applied('default', 'wwan0');
    await lab.plugCable('eth0');
    expect(await waitUntil(connected(lab.isp('eth0').publicAddress), { timeoutMs: 5_000 })).toBe(true);
    const { breaks } = await agent.call('stopTcpSession', { session });
    expect(breaks.map(({ kind, sourceAfter }) => ({ kind, sourceAfter }))).toEqual([
      { kind: 'reset', sourceAfter: lab.isp('wwan0').publicAddress },
      { kind: 'reset', sourceAfter: lab.isp('eth0').publicAddress },
    ]);
  });

  it('survives address loss, and returns when the address does', async () => {
    const { lab, watch } = ship;
    await lab.flushAddress('eth0');
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.renewAddress('eth0');
    await lab.waitForLease('eth0');
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it('survives a port that disappears and returns as another interface', async () => {
    const { lab, watch } = ship;
    await lab.removePort('eth0');
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.returnPort('eth0');
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    expect(await portMapAnswersOn(lab)).toEqual(['eth0']);
  });

  it('lets one app reach another over the port map of the port in use (hairpin)', async () => {
    const { lab } = ship;
    const ask = async (from: AppName, port: number): Promise<unknown> =>
      lab.app(from).agent.call('askTcp', { address: lab.isp('eth0').publicAddress, port, timeoutMs: 2_000 });
    expect(await ask('app1', portMaps.app2.tcpEcho)).toMatchObject({
      kind: 'answered',
      text: expect.stringContaining('app2'),
    });
    expect(await ask('app2', portMaps.app1.tcpEcho)).toMatchObject({
      kind: 'answered',
      text: expect.stringContaining('app1'),
    });
    const direct = await lab.app('app1').agent.call('askTcp', { address: '10.78.0.10', port: 80, timeoutMs: 500 });
    expect(direct.kind).toBe('failed');
  });

  it('sends nothing where nothing is permitted: business stays off the satellite', async () => {
    const { lab, watch } = ship;
    const before = await lab.isp('sat0').counters();
    await lab.pullCable('eth0');
    await lab.pullCable('wwan0');
    await watch.applied('business', '');
    await watch.applied('default', 'sat0');
    expect(await goesOutBy(lab, 'app1', 'sat0')).toBe(true);
    const beganMs = monotonicMs();
    expect(await sourceSeen(lab, 'app2')).toBeUndefined();
    expect(monotonicMs()).toBeGreaterThan(beganMs);
    const after = await lab.isp('sat0').counters();
    expect(after.up.packets).toBeGreaterThan(before.up.packets);
    expect(after.foreign.packets).toBe(before.foreign.packets);
    await lab.plugCable('eth0');
    await lab.plugCable('wwan0');
    await watch.applied('business', 'eth0');
    await watch.applied('default', 'eth0');
  });
});
