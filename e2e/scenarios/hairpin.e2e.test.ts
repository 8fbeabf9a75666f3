import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { portMaps, waitFor, type AppName } from '../../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

describe.each([0, 1])('a ship with bridge-nf-call-iptables=%i, as Docker sets it', (value) => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip({
      beforeServices: async (lab) => {
        const set = ['sysctl', '-qw', `net.bridge.bridge-nf-call-iptables=${value}`] as const;
        expect(await lab.exec('device', set)).toMatchObject({ exitCode: 0 });
      },
    });
    for (const app of ['app1', 'app2'] as const) await untilHairpin(app, value === 1);
  });

  /** What a bridge translates while it passes it goes back where it came from, where the bridge is told so. */
  function untilHairpin(app: AppName, isOn: boolean): Promise<true> {
    const { deviceInterface } = ship.lab.app(app).topology;
    return waitFor(
      `hairpin of ${deviceInterface} ${isOn ? 'on' : 'off'}`,
      async () => {
        const shown = await ship.lab.exec('device', ['ip', '-d', 'link', 'show', 'dev', deviceInterface]);
        return shown.stdout.includes(` hairpin ${isOn ? 'on' : 'off'} `) ? true : undefined;
      },
      { timeoutMs: 3_000, everyMs: 50 },
    );
  }

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  it('does so for an app that comes back to its bridge', async () => {
    const { topology } = ship.lab.app('app1');
    const bridge = /master (\S+)/.exec(
      (await ship.lab.exec('device', ['ip', 'link', 'show', 'dev', topology.deviceInterface])).stdout,
    )?.[1];
    for (const words of [['nomaster'], ['master', bridge ?? '']]) {
      const argv = ['ip', 'link', 'set', 'dev', topology.deviceInterface, ...words] as const;
      expect(await ship.lab.exec('device', argv)).toMatchObject({ exitCode: 0 });
    }
    await untilHairpin('app1', value === 1);
  });

  it.each<{ from: AppName; to: AppName }>([
    { from: 'app1', to: 'app1' },
    { from: 'app2', to: 'app1' },
    { from: 'app1', to: 'app2' },
  ])('$from reaches the port map of $to on the port in use, and on the next', async ({ from, to }) => {
    const { lab, watch } = ship;
    for (const port of ['eth0', 'wwan0'] as const) {
      if (port === 'wwan0') await lab.pullCable('eth0');
      await watch.applied('default', port);
      await watch.applied('business', port);
      await goesOutBy(lab, from, port);
      const address = lab.isp(port).publicAddress;
      const answer = await lab.app(from).agent.call('askTcp', {
        ...{ address, port: portMaps[to].tcpEcho, timeoutMs: 2_000 },
      });
      expect([port, answer]).toMatchObject([port, { kind: 'answered', text: expect.stringContaining(to) }]);
    }
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    await watch.applied('business', 'eth0');
  });
});
