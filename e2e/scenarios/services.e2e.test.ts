import { run } from 'iproute-exec';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { commandFile, internetAddresses, serviceNames, servicePorts, waitUntil } from '../../lab/index.js';
import { goesOutBy, launchShip, portMapAnswersOn, wrongSources, type Ship } from './ship.js';

describe('a ship whose services fail', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  it.each(serviceNames)('goes on while %s is killed and started again in the middle of a failover', async (name) => {
    const { lab, watch } = ship;
    await lab.service(name).kill('SIGKILL');
    await lab.pullCable('eth0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.service(name).start();
    await watch.applied('default', 'wwan0');
    expect(await waitUntil(async () => (await portMapAnswersOn(lab)).join() === 'wwan0', { timeoutMs: 5_000 })).toBe(
      true,
    );
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it('fails over in the kernel with every service killed, and adopts that afterwards without losing a packet', async () => {
    const { lab, watch } = ship;
    const { agent } = lab.app('app1');
    await Promise.all(serviceNames.map((name) => lab.service(name).kill('SIGKILL')));
    await lab.pullCable('eth0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    const { stream } = await agent.call('startUdpStream', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      intervalMs: 5,
    });
    await lab.services.start();
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    const report = await agent.call('stopUdpStream', { stream });
    expect(report.answered).toBeGreaterThan(10);
    expect(report.lost).toBe(0);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });

  it('takes configurations that remove a port, a network instance and an app while traffic flows', async () => {
    const { lab, watch } = ship;
    const whole = lab.configuration({ failbackHoldSeconds: 0 });
    await lab.pushConfig({
      ...whole,
      systemAdapterList: whole.systemAdapterList.slice(1),
      // A port map that is limited to the port that goes would be a problem.
      apps: whole.apps.map((app) => ({
        ...app,
        interfaces: app.interfaces.map((each) => ({
          ...each,
          acls: each.acls.filter(({ matches }) => !matches.some(({ type }) => type === 'adapter')),
        })),
      })),
    });
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.pushConfig(whole);
    await watch.applied('default', 'eth0');
    await lab.pushConfig({
      ...whole,
      apps: whole.apps.slice(0, 1),
      networkInstances: whole.networkInstances.slice(0, 1),
    });
    const bridges = async (): Promise<string> =>
      (await lab.exec('device', ['ip', '-br', 'link', 'show', 'type', 'bridge'])).stdout;
    expect(await waitUntil(async () => (await bridges()).trim().split('\n').length === 1, { timeoutMs: 5_000 })).toBe(
      true,
    );
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    await lab.pushConfig(whole);
    expect(await goesOutBy(lab, 'app2', 'eth0')).toBe(true);
  });

  it('ends cleanly on SIGTERM, leaves the traffic alone, and takes everything of ours away when told to', async () => {
    const { lab } = ship;
    for (const name of serviceNames) {
      expect(await lab.service(name).kill('SIGTERM')).toEqual({ kind: 'exited', code: 0 });
    }
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    expect(await wrongSources(lab)).toBe(0);
    const args = ['serve', '--cleanup', '--run-dir', lab.runDir, '--state-dir', lab.stateDir];
    const namespace = lab.namespace('device');
    await run(process.execPath, [await commandFile(), ...args], { namespace, timeoutMs: 30_000 });
    const { stdout: tables } = await run('nft', ['list', 'tables'], { namespace });
    const { stdout: rules } = await run('ip', ['rule'], { namespace });
    expect(tables).toBe('');
    expect(rules.trim().split('\n')).toHaveLength(3);
  });
});
