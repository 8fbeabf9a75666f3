import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { internetAddresses, portMaps, waitUntil, type PortName } from '../../lab/index.js';
import { launchShip, wrongSources, type Ship } from './ship.js';

/** Within which a flow that is older than its port map has to be translated. */
const TRANSLATED_WITHIN_MS = 5_000;

describe('flows of a ship that are older than what they meet', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  /** A sender on the internet, to app1's UDP port map on this port. */
  async function sender(port: PortName) {
    const { agent } = ship.lab.internet;
    const { stream } = await agent.call('startUdpStream', {
      address: ship.lab.isp(port).publicAddress,
      port: portMaps.app1.udpEcho,
      intervalMs: 200,
    });
    const read = () => agent.call('readUdpStream', { stream });
    return {
      isAnswered: async (): Promise<boolean> => (await read()).answered > 0,
      isInVain: async (): Promise<boolean> => (await read()).lost > 2,
      stop: () => agent.call('stopUdpStream', { stream }),
    };
  }

  async function isMapped(): Promise<boolean> {
    const { stdout } = await ship.lab.exec('device', ['nft', 'list', 'map', 'inet', 'eve_uplink', 'port_map_owner']);
    return stdout.includes(`${portMaps.app1.udpEcho} `);
  }

  it('translates a UDP flow whose port map comes later', async () => {
    const { lab } = ship;
    const config = lab.configuration({ failbackHoldSeconds: 0 });
    for (const app of config.apps) {
      for (const each of app.interfaces) each.acls = each.acls.filter(({ actions }) => actions.length === 0);
    }
    expect(await isMapped()).toBe(true);
    await lab.pushConfig(config);
    expect(await waitUntil(async () => !(await isMapped()), { timeoutMs: 5_000, everyMs: 20 })).toBe(true);
    const { isAnswered, isInVain, stop } = await sender('eth0');
    expect(await waitUntil(isInVain, { timeoutMs: 5_000, everyMs: 50 })).toBe(true);
    await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
    expect(await waitUntil(isAnswered, { timeoutMs: TRANSLATED_WITHIN_MS })).toBe(true);
    await stop();
  });

  it('translates a UDP flow to a port that comes into use later', async () => {
    const { lab, watch } = ship;
    const { isAnswered, isInVain, stop } = await sender('wwan0');
    expect(await waitUntil(isInVain, { timeoutMs: 5_000, everyMs: 50 })).toBe(true);
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    expect(await waitUntil(isAnswered, { timeoutMs: TRANSLATED_WITHIN_MS })).toBe(true);
    await stop();
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });

  it('downloads over a port with a smaller MTU where nobody hears that a packet is too big', async () => {
    const { lab, watch } = ship;
    for (const words of [
      ['device', 'ip link set wwan0 mtu 1400'],
      ['isp-wwan0', 'ip link set customer mtu 1400'],
      ['isp-wwan0', 'nft add table inet deaf'],
      ['isp-wwan0', 'nft add chain inet deaf out { type filter hook output priority 0 ; }'],
      ['isp-wwan0', 'nft add rule inet deaf out icmp type destination-unreachable drop'],
    ] as const) {
      const [file = '', ...args] = words[1].split(' ');
      expect((await lab.exec(words[0], [file, ...args])).stderr).toBe('');
    }
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    const url = `http://${internetAddresses.web}/bytes/300000`;
    const answer = await lab.app('app1').agent.call('fetch', { url, timeoutMs: 5_000 });
    expect(answer.kind === 'answered' ? answer.body.length : answer.error).toBeGreaterThanOrEqual(300_000);
    await lab.exec('isp-wwan0', ['nft', 'delete', 'table', 'inet', 'deaf']);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });
});
