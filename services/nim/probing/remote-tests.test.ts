import { afterEach, describe, expect, it } from '@jest/globals';

import { SelectionCause } from '../../../gen/nim/v1/network_instance_test_status.js';
import { defaultTestSettings, parseTarget, type ProbeTarget } from '../../../lib/configuration/index.js';
import { SimulatedNim, type SimulatedNimOptions } from '../testing/simulated-nim.js';

const CONTROLLER = 'https://controller.example/api/v2/edgedevice/ping';
const ship: SimulatedNimOptions = { ports: { eth0: 0, wwan0: 1, sat0: 2 }, controller: CONTROLLER };

let nim: SimulatedNim;

/** The ship, calm, for a minute. */
async function launch(options: Partial<SimulatedNimOptions> & { readonly slow?: string } = {}): Promise<SimulatedNim> {
  nim = new SimulatedNim({ ...ship, ...options });
  if (options.slow !== undefined) nim.network.path(options.slow).latencyMs = 400;
  Object.assign(nim.network.path('wwan0'), { latencyMs: 60 });
  Object.assign(nim.network.path('sat0'), { latencyMs: 600 });
  await aftermath();
  await nim.run(60_000);
  return nim;
}

/** What follows a decision does so after a turn or two. */
async function aftermath(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await nim.run(0);
}

afterEach(() => {
  nim.close();
});

function targetOf(text: string): ProbeTarget {
  const parsed = parseTarget(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.problem);
  return parsed.target;
}

describe('a network instance on a port whose internet dies', () => {
  it('leaves it within a second while an app is sending', async () => {
    await launch();
    nim.startApp('crew');
    await nim.run(60_000);
    nim.network.path('eth0').state = 'dead';
    expect(await nim.until('crew', 'wwan0', 5_000)).toBeLessThan(1_000);
  });

  it('leaves it within six seconds when nothing is sent', async () => {
    await launch();
    nim.network.path('eth0').state = 'dead';
    expect(await nim.until('crew', 'wwan0', 10_000)).toBeLessThan(6_000);
  });

  it('leaves a metered one within ten seconds while an app is sending', async () => {
    await launch();
    nim.read({ eth0: 'no-carrier' });
    nim.startApp('crew');
    await nim.run(600_000);
    nim.network.path('wwan0').state = 'dead';
    expect(await nim.until('crew', 'sat0', 15_000)).toBeLessThan(10_000);
  });

  it('skips a standby that is dead as well', async () => {
    await launch();
    nim.network.path('eth0').state = 'dead';
    nim.network.path('wwan0').state = 'dead';
    expect(await nim.until('crew', 'sat0', 20_000)).toBeLessThan(8_000);
    await aftermath();
    expect(nim.switches.map(({ to }) => to)).toEqual(['sat0']);
  });

  it('moves to a standby that has spent more on tests than it may', async () => {
    // Its first tests are worth ten months.
    await launch({ portChanges: { wwan0: { monthlyTestBytes: 300 } } });
    nim.startApp('crew');
    nim.network.path('eth0').state = 'dead';
    expect(await nim.until('crew', 'wwan0', 10_000)).toBeLessThan(6_000);
    // And is left when it is dead itself.
    nim.network.path('wwan0').state = 'dead';
    expect(await nim.until('crew', 'sat0', 120_000)).toBeLessThan(70_000);
  });

  it('goes back when it has worked for the hold, and not before', async () => {
    await launch();
    nim.network.path('eth0').state = 'dead';
    await nim.until('crew', 'wwan0', 10_000);
    await nim.run(600_000);
    nim.network.path('eth0').state = 'alive';
    const tookMs = await nim.until('crew', 'eth0', 60_000);
    expect(tookMs).toBeGreaterThan(30_000);
    expect(tookMs).toBeLessThan(45_000);
  });

  it('leaves it again, however soon it dies again', async () => {
    const test = { ...defaultTestSettings, target: undefined, failbackHoldMs: 0 };
    await launch({ networkInstances: { crew: { test } } });
    nim.startApp('crew');
    for (let time = 0; time < 4; time += 1) {
      nim.network.path('eth0').state = 'dead';
      expect(await nim.until('crew', 'wwan0', 10_000)).toBeLessThan(6_000);
      nim.network.path('eth0').state = 'alive';
      await nim.until('crew', 'eth0', 20_000);
      await nim.run(1_000);
    }
  });

  it.each([
    { outageMs: 60_000, holdMs: 30_000 },
    { outageMs: 2_000, holdMs: 6_000 },
    { outageMs: 50, holdMs: 1_000 },
  ])('goes back when its cable is plugged in again after $outageMs ms', async ({ outageMs, holdMs }) => {
    await launch();
    nim.read({ eth0: 'no-carrier' });
    expect(nim.portOf('crew')).toBe('wwan0');
    await nim.run(outageMs);
    nim.read({ eth0: 'up' });
    const tookMs = await nim.until('crew', 'eth0', 60_000);
    expect(tookMs).toBeGreaterThan(holdMs);
    expect(tookMs).toBeLessThan(holdMs + 1_000);
  });

  it('does not go back because its gateway answers', async () => {
    await launch();
    nim.network.path('eth0').state = 'dead';
    await nim.until('crew', 'wwan0', 10_000);
    nim.read({ eth0: 'no-carrier' });
    await nim.run(10_000);
    // The cable is back, and nothing behind the gateway.
    nim.read({ eth0: 'up' });
    await nim.run(1_800_000);
    expect(nim.portOf('crew')).toBe('wwan0');
  });
});

describe('a network instance that minds loss and latency', () => {
  const quality = { lossPercent: { poorFrom: 20, goodBelow: 8 }, latencyMs: { poorFrom: 400, goodBelow: 200 } };
  const minding = { networkInstances: { crew: { test: { ...defaultTestSettings, quality } } } };

  it('leaves a port that loses a quarter, stays away while it does, and goes back when it is well', async () => {
    await launch(minding);
    await nim.run(1_800_000);
    const eth0 = nim.network.path('eth0');
    eth0.lossShare = 0.14;
    await nim.until('crew', 'wwan0', 600_000);
    expect(nim.publisher.networkInstanceTestStatuses()[0]?.cause).toBe(SelectionCause.SELECTION_CAUSE_DEGRADED);
    await nim.run(4 * 3_600_000);
    expect(nim.switches.length).toBeLessThanOrEqual(3);
    eth0.lossShare = 0;
    await nim.until('crew', 'eth0', 3_600_000);
  });

  it('leaves a slow one', async () => {
    await launch(minding);
    await nim.run(1_800_000);
    nim.network.path('eth0').latencyMs = 900;
    await nim.until('crew', 'wwan0', 600_000);
  });

  it('stays where it is when all lose as much', async () => {
    await launch(minding);
    await nim.run(1_800_000);
    for (const port of ['eth0', 'wwan0', 'sat0']) nim.network.path(port).lossShare = 0.14;
    await nim.run(2 * 3_600_000);
    expect(nim.switches.length).toBeLessThanOrEqual(1);
  });
});

describe('nobody moves', () => {
  it('when the controller is down for all', async () => {
    await launch();
    for (const port of ['eth0', 'wwan0', 'sat0']) nim.network.path(port).state = 'dead';
    await nim.run(3_600_000);
    for (const port of ['eth0', 'wwan0', 'sat0']) nim.network.path(port).state = 'alive';
    await nim.run(600_000);
    expect(nim.switches).toEqual([]);
    expect(nim.portOf('crew')).toBe('eth0');
  });

  it('when the controller refuses everybody', async () => {
    await launch();
    for (const port of ['eth0', 'wwan0', 'sat0']) nim.network.path(port).state = 'refused';
    await nim.run(2 * 21_600_000);
    expect(nim.switches).toEqual([]);
  });

  it.each([1, 2, 3])('for 20 %% loss on all ports, in half an hour (seed %i)', async (seed) => {
    await launch({ seed });
    nim.startApp('crew');
    for (const port of ['eth0', 'wwan0', 'sat0']) nim.network.path(port).lossShare = 0.2;
    await nim.run(1_800_000);
    expect(nim.switches).toEqual([]);
  });

  it('when NIM starts and a dearer port answers sooner', async () => {
    await launch({ slow: 'eth0' });
    expect(nim.switches).toEqual([]);
    expect(nim.portOf('crew')).toBe('eth0');
  });
});

describe('a port that flaps', () => {
  it('every 20 s makes at most three switches in ten minutes', async () => {
    await launch();
    nim.startApp('crew');
    const before = nim.switches.length;
    for (let flap = 0; flap < 15; flap += 1) {
      nim.network.path('eth0').state = 'dead';
      await nim.run(20_000);
      nim.network.path('eth0').state = 'alive';
      await nim.run(20_000);
    }
    expect(nim.switches.length - before).toBeLessThanOrEqual(3);
  });

  it.each([10, 20, 35, 45])('with its cable every %i s does not, either', async (seconds) => {
    await launch();
    for (let flap = 0; flap < 600 / (2 * seconds); flap += 1) {
      nim.read({ eth0: 'no-carrier' });
      await nim.run(seconds * 1_000);
      nim.read({ eth0: 'up' });
      await nim.run(seconds * 1_000);
    }
    const rounds = nim.switches.filter(({ to }) => to === 'wwan0').length;
    expect(rounds).toBeLessThanOrEqual(4);
  });
});

describe('a target that comes with a new configuration', () => {
  it('moves nobody before its first test', async () => {
    await launch({ slow: 'eth0' });
    nim.configure({ crew: { test: { ...defaultTestSettings, target: targetOf('https://plant.example/') } } });
    await nim.run(60_000);
    expect(nim.switches).toEqual([]);
    expect(nim.publisher.networkInstanceTestStatuses()[0]?.candidates[0]?.target).toBe('https://plant.example/');
  });
});

describe('network instances with targets of their own', () => {
  const plant = targetOf('tcp://192.0.2.80:8080');

  it('go by them, each by its own', async () => {
    await launch({
      networkInstances: {
        crew: {},
        plant: {
          test: {
            ...defaultTestSettings,
            ...{ target: plant, intervalMs: 2_000, timeoutMs: 1_000 },
          },
        },
      },
    });
    expect([nim.portOf('crew'), nim.portOf('plant')]).toEqual(['eth0', 'eth0']);
    const [crew, plantStatus] = nim.publisher.networkInstanceTestStatuses();
    expect(crew?.candidates[0]?.target).toBe(CONTROLLER);
    expect(plantStatus?.candidates[0]?.target).toBe('tcp://192.0.2.80:8080');
  });

  it('share one test of the same target over a port', async () => {
    const test = { ...defaultTestSettings, target: plant, intervalMs: 10_000 };
    await launch({
      ports: { eth0: 0 },
      controller: undefined,
      networkInstances: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`ni${index}`, { test }])),
    });
    const before = nim.network.counts.fulls;
    await nim.run(100_000);
    expect(nim.network.counts.fulls - before).toBeGreaterThanOrEqual(9);
    expect(nim.network.counts.fulls - before).toBeLessThanOrEqual(11);
  });
});

describe('without controller and targets', () => {
  it('nothing is tested, and link and address are what counts', async () => {
    await launch({ controller: undefined });
    expect(nim.network.counts).toMatchObject({ fulls: 0, keepalives: 0 });
    nim.network.path('eth0').state = 'dead';
    await nim.run(600_000);
    expect(nim.portOf('crew')).toBe('eth0');
    nim.read({ eth0: 'no-address' });
    expect(nim.portOf('crew')).toBe('wwan0');
  });
});
