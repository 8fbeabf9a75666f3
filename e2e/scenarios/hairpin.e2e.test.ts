import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { portMaps, type AppName } from '../../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

describe.each([0, 1])('a ship with bridge-nf-call-iptables=%i, as Docker sets it', (value) => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
    const set = ['sysctl', '-qw', `net.bridge.bridge-nf-call-iptables=${value}`] as const;
    const { exitCode } = await ship.lab.exec('device', set);
    expect(exitCode).toBe(0);
    if (value === 0) return;
    // What a bridge translates while it passes it goes back where it came from if the bridge is told so (the manual).
    for (const app of ['app1', 'app2'] as const) {
      const { deviceInterface } = ship.lab.app(app).topology;
      const toldTo = ['ip', 'link', 'set', 'dev', deviceInterface, 'type', 'bridge_slave', 'hairpin', 'on'] as const;
      expect(await ship.lab.exec('device', toldTo)).toMatchObject({ exitCode: 0 });
    }
  });

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
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
