import { run } from 'iproute-exec';
import { describe, expect, it } from '@jest/globals';

import { portNames } from '../../lab/index.js';
import { countedBetween } from '../../lab/isp/counters.js';
import { goesOutBy, launchShip } from './ship.js';

describe('two modems that swap their names', () => {
  it('are told apart by their MAC addresses: nothing goes over the satellite that may not', async () => {
    const ship = await launchShip();
    const { lab, watch } = ship;
    try {
      const { wwan0, sat0 } = lab.topology.ports;
      const config = lab.configuration({ failbackHoldSeconds: 0 });
      await lab.pushConfig({
        ...config,
        deviceIoList: config.deviceIoList.map((device, position) => {
          const name = portNames[position] ?? 'eth0';
          return { ...device, phyaddrs: { ifname: name, MAC: lab.topology.ports[name].macAddress } };
        }),
      });
      // The clients would give each interface the lease of the other.
      await Promise.all([lab.stopDhcp('wwan0'), lab.stopDhcp('sat0')]);
      await lab.pullCable('eth0');
      await watch.applied('business', 'wwan0');
      const before = await lab.isp('sat0').counters();
      const swap = [
        ...['link set wwan0 down', 'link set sat0 down'],
        ...['link set wwan0 name other', 'link set sat0 name wwan0', 'link set other name sat0'],
        ...['link set wwan0 up', 'link set sat0 up'],
        `addr replace ${sat0.leaseAddress}/24 dev wwan0`,
        `addr replace ${wwan0.leaseAddress}/24 dev sat0`,
        `route replace default via ${sat0.gateway} dev wwan0 metric ${sat0.metric}`,
        `route replace default via ${wwan0.gateway} dev sat0 metric ${wwan0.metric}`,
      ];
      await run('ip', ['-batch', '-'], { namespace: lab.namespace('device'), input: `${swap.join('\n')}\n` });
      expect(await goesOutBy(lab, 'app2', 'wwan0')).toBe(true);
      expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
      // By destination: a DHCP client that ends may still say so on the link.
      const { destinations, foreign } = countedBetween(before, await lab.isp('sat0').counters());
      expect({ destinations: [...destinations.keys()], foreign: foreign.packets }).toEqual({
        destinations: [],
        foreign: 0,
      });
    } finally {
      await ship.destroy();
    }
  });
});
