import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { serviceNames } from '../../lab/index.js';
import { fuzz } from '../fuzz/fuzz.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

describe('a ship whose services get 2,000 hostile requests', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip({ services: { logLevel: 'error' } });
  });

  afterAll(async () => {
    await ship.destroy();
  });

  it('answers each with a status that it may get, serves others meanwhile, and forwards as before', async () => {
    const { lab, watch } = ship;
    const { violations, statuses } = await fuzz(lab, { calls: 2_000, seed: 1 });
    expect(violations).toEqual([]);
    expect(statuses.get('INVALID_ARGUMENT')).toBeGreaterThan(100);
    // What was accepted starts again.
    for (const name of serviceNames) {
      await lab.service(name).kill('SIGKILL');
      await lab.service(name).start();
    }
    await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    expect(await wrongSources(lab)).toBe(0);
  });
});
