import { describe, expect, it } from '@jest/globals';

import { goesOutBy, launchShip } from './ship.js';

describe('a ship whose lease is not renewed', () => {
  it('leaves the port when the lease ends, and returns with the next one', async () => {
    const ship = await launchShip({ lab: { leaseSeconds: 12 } });
    const { lab, watch } = ship;
    try {
      await lab.stopDhcp('eth0');
      await watch.applied('default', 'wwan0');
      expect(await lab.portAddress('eth0')).toBeUndefined();
      expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
      await lab.startDhcp('eth0');
      await watch.applied('default', 'eth0');
      expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    } finally {
      await ship.destroy();
    }
  });
});
