import { describe, expect, it } from '@jest/globals';

import { goesOutBy, launchShip, portMapAnswersOn, wrongSources } from './ship.js';

describe.each([
  { what: 'the same subnet', sameAddress: false },
  { what: 'the same subnet and the very same address', sameAddress: true },
])('a ship whose uplinks hand out $what', ({ sameAddress }) => {
  it('fails over and back like any other', async () => {
    const ship = await launchShip({ lab: { sameSubnet: true, sameAddress } });
    const { lab, watch } = ship;
    try {
      expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
      await lab.pullCable('eth0');
      await watch.applied('default', 'wwan0');
      expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
      await lab.plugCable('eth0');
      await watch.applied('default', 'eth0');
      expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
      expect(await wrongSources(lab)).toBe(0);
      expect((await portMapAnswersOn(lab)).includes('sat0')).toBe(false);
    } finally {
      await ship.destroy();
    }
  });
});
