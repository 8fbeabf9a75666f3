import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { DeviceConfigServiceClient } from '../../gen/zedagent/v1/device_config.js';
import { pause, systemClock } from '../../lib/clock/index.js';
import { durationOf } from '../../lib/configuration/index.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { serviceNames } from '../../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

const options = { timeoutMs: 10_000 };
/** The shortest that is taken. */
const CONFIRM_WITHIN_MS = 10_000;

describe('a configuration that nobody confirms', () => {
  let ship: Ship;
  let client: DeviceConfigServiceClient;

  beforeAll(async () => {
    ship = await launchShip();
    client = connectTo(DeviceConfigServiceClient, `unix:${ship.lab.runDir}/zedagent.sock`);
  });

  afterAll(async () => {
    client.close();
    await ship.destroy();
  });

  /** Puts `default` onto the satellite alone, for as long as nobody confirms. */
  async function ontoSatellite(): Promise<void> {
    const { lab, watch } = ship;
    const config = lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: [2] } });
    const request = { config, dryRun: false, author: 'e2e', confirmWithin: durationOf(CONFIRM_WITHIN_MS) };
    await call(client, 'pushConfig', request, options);
    await watch.applied('default', 'sat0');
    expect(await goesOutBy(lab, 'app1', 'sat0')).toBe(true);
  }

  it('gives way to the version before, and traffic with it', async () => {
    const { lab, watch } = ship;
    await ontoSatellite();
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    expect(await wrongSources(lab)).toBe(0);
  });

  it('gives way also where every service is killed meanwhile and started after its time', async () => {
    const { lab, watch } = ship;
    await ontoSatellite();
    await Promise.all(serviceNames.map((name) => lab.service(name).kill('SIGKILL')));
    // Nobody is there who could go back: the time has to pass, and the kernel keeps what was applied.
    await pause(CONFIRM_WITHIN_MS, systemClock, new AbortController().signal);
    expect(await goesOutBy(lab, 'app1', 'sat0')).toBe(true);
    await lab.services.start();
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    const { versions } = await call(client, 'listConfigHistory', {}, options);
    expect(versions[0]?.reason).toMatch(/was not confirmed in time/);
  });
});
