import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { internetAddresses, monotonicMs, servicePorts } from '../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

describe('a ship whose uplinks die behind a healthy link', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip({ services: { controller: true } });
  });

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  it('leaves a port whose internet is dead while an app is sending, and comes back', async () => {
    const { lab, watch } = ship;
    const { agent } = lab.app('app1');
    const { stream } = await agent.call('startUdpStream', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      intervalMs: 10,
    });
    await watch.applied('default', 'eth0');
    await new Promise((r) => setTimeout(r, 10_000));
    const killed = await lab.killInternetBehind('eth0');
    const heardMs = await watch.selected('default', 'wwan0');
    console.log('selected after', heardMs - killed.beforeMs);
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.restoreInternetBehind('eth0');
    const t = monotonicMs();
    await watch.applied('default', 'eth0');
    console.log('back after', monotonicMs() - t);
    const report = await agent.call('stopUdpStream', { stream });
    console.log(report);
    console.log((await lab.exec('device', ['sh', '-c', `cat ${lab.folder}/*.log | tail -50`])).stdout);
  });
});
