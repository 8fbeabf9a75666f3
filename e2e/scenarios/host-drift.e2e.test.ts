import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  APP_INTERFACE,
  internetAddresses,
  internetHostName,
  monotonicMs,
  servicePorts,
  waitUntil,
} from '../../lab/index.js';
import { launchShip, type Ship } from './ship.js';

/** What somebody on the device does to it, and how long the apps may be without an answer. */
const MOST_MS = 1_000;

describe('a ship whose host is changed by others', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  const setting = async (name: string): Promise<string> =>
    (await ship.lab.exec('device', ['sysctl', '-n', name])).stdout.trim();

  const resolves = async (): Promise<boolean> =>
    (
      await ship.lab
        .exec('app1', ['busybox', 'nslookup', '-type=a', internetHostName('echo1'), '10.77.0.1'], 2_000)
        .catch(() => undefined)
    )?.stdout.includes(internetAddresses.echo1) === true;

  it.each(['net.ipv4.ip_forward', 'net.ipv4.conf.eth0.forwarding', 'net.ipv4.conf.bn1.forwarding'])(
    'forwards again within a second where somebody turns %s off',
    async (name) => {
      const { lab } = ship;
      const { agent } = lab.app('app1');
      const target = { address: internetAddresses.echo1, port: servicePorts.echo };
      const { stream } = await agent.call('startUdpStream', { ...target, intervalMs: 5 });
      await lab.exec('device', ['sysctl', '-qw', `${name}=0`]);
      const sinceMs = monotonicMs();
      expect(await waitUntil(async () => (await setting(name)) === '1', { timeoutMs: MOST_MS })).toBe(true);
      await agent.call('readUdpStream', { stream, untilMs: sinceMs + MOST_MS });
      const { longestOutageMs, answered } = await agent.call('stopUdpStream', { stream });
      expect(answered).toBeGreaterThan(0);
      expect(longestOutageMs).toBeLessThan(MOST_MS);
    },
  );

  it('makes a strict filter of sources loose again', async () => {
    const name = 'net.ipv4.conf.wwan0.rp_filter';
    await ship.lab.exec('device', ['sysctl', '-qw', `${name}=1`]);
    expect(await waitUntil(async () => (await setting(name)) === '2', { timeoutMs: MOST_MS })).toBe(true);
  });

  it('answers names again within a second where its dnsmasq is killed', async () => {
    const pidFile = join(ship.lab.runDir, 'dnsmasq', 'bn1.pid');
    expect(await resolves()).toBe(true);
    const before = (await readFile(pidFile, 'utf8')).trim();
    process.kill(Number(before), 'SIGKILL');
    const isBack = async (): Promise<boolean> => {
      const now = (await readFile(pidFile, 'utf8').catch(() => '')).trim();
      return now !== '' && now !== before && (await resolves());
    };
    expect(await waitUntil(isBack, { timeoutMs: MOST_MS })).toBe(true);
  });

  it('puts the apps back into a bridge that somebody deleted', async () => {
    const { lab } = ship;
    await lab.stopPlugging();
    await lab.exec('device', ['ip', 'link', 'del', 'bn1']);
    const answers = async (): Promise<boolean> =>
      (
        await lab.app('app1').agent.call('askUdp', {
          address: internetAddresses.echo1,
          port: servicePorts.echo,
          timeoutMs: 200,
        })
      ).kind === 'answered';
    expect(await waitUntil(answers, { timeoutMs: 3_000 })).toBe(true);
  });

  it('gives an app that comes back with another MAC address its address at once', async () => {
    const { lab } = ship;
    await lab.stopPlugging();
    const macAddress = '02:16:3e:00:00:77';
    for (const change of ['down', `address ${macAddress}`, 'up']) {
      await lab.exec('app1', ['ip', 'link', 'set', APP_INTERFACE, ...change.split(' ')]);
    }
    const whole = lab.configuration({ failbackHoldSeconds: 0 });
    await lab.pushConfig({
      ...whole,
      apps: whole.apps.map((app) =>
        app.displayname === 'app1'
          ? { ...app, interfaces: app.interfaces.map((each) => ({ ...each, macAddress })) }
          : app,
      ),
    });
    const { stdout, stderr } = await lab.exec('app1', [
      ...(['udhcpc', '-f', '-n', '-q', '-i', APP_INTERFACE, '-s', '/bin/true'] as const),
      ...['-t', '5', '-T', '1'],
    ]);
    expect(stdout + stderr).toContain('lease of 10.77.0.10 obtained');
  });
});
