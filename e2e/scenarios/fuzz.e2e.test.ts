import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createTestLab, serviceNames, type Lab } from '../../lab/index.js';
import { fuzz } from '../fuzz/fuzz.js';
import { costOfWorst, costText, measured } from '../fuzz/worst.js';
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

/** What a busy machine may add: without slices, the largest configurations stall a service for a second and more. */
const MOST_STALLED_MS = 200;
const MOST_TAKEN_MIB = 160;

describe('services that get the requests that cost most', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await createTestLab();
    await lab.startServices({ separate: true, logLevel: 'error', runBy: await measured(lab) });
    await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
  });

  afterAll(async () => {
    await lab.destroy();
  });

  it('do other things meanwhile, and take little memory', async () => {
    const costs = await costOfWorst(lab);
    const beyond = costs.filter(
      ({ leastStalledMs, tookMiB }) => leastStalledMs > MOST_STALLED_MS || tookMiB > MOST_TAKEN_MIB,
    );
    expect(beyond.map(costText)).toEqual([]);
    const taken = costs.filter(({ code }) => code === 'OK').map(({ what }) => what);
    expect(taken).toContain('500 network instances, 1,000 apps, 20,000 entries');
    expect(taken).toContain('2,000 network instances, 50,000 entries');
    expect(costs.filter(({ code }) => code === 'DEADLINE_EXCEEDED')).toEqual([]);
  });
});
