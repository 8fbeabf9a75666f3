import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { IPRoute, type NetworkInstanceConfig } from '../../gen/config/netinst.js';
import { waitUntil, type AppName, type Lab } from '../../lab/index.js';
import { launchShip, type Ship } from './ship.js';

type Changes = Partial<NetworkInstanceConfig>;

/** The ship's configuration with its first network instance changed. */
function withDefaultInstance(lab: Lab, changes: Changes): EdgeDevConfig {
  const configuration = lab.configuration({ failbackHoldSeconds: 0 });
  const [first, ...others] = configuration.networkInstances;
  if (first === undefined) throw new Error('the ship has no network instance');
  return { ...configuration, networkInstances: [{ ...first, ...changes }, ...others] };
}

/** What the app has of its lease, as `ip` prints it. */
async function inApp(lab: Lab, app: AppName, ...words: readonly string[]): Promise<string> {
  return (await run('ip', ['-n', lab.app(app).topology.namespace, ...words])).stdout;
}

describe('an app', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  /** Pushes, and has the app ask for its lease until it has what is wanted. */
  async function pushUntilTold(changes: Changes, isTold: (routes: string, link: string) => boolean): Promise<string> {
    const { lab } = ship;
    await lab.pushConfig(withDefaultInstance(lab, changes));
    await waitUntil(
      async () => {
        await lab.app('app1').plug('bn1');
        return isTold(
          await inApp(lab, 'app1', 'route', 'show', 'proto', 'dhcp'),
          await inApp(lab, 'app1', 'link', 'show', 'dev', 'eth0'),
        );
      },
      { timeoutMs: 20_000, everyMs: 500 },
    );
    return inApp(lab, 'app1', 'route', 'show', 'proto', 'dhcp');
  }

  it('is told static routes, those to the subnets of the ports, and the MTU', async () => {
    await run('ip', ['-n', ship.lab.namespace('device'), 'link', 'set', 'dev', 'wwan0', 'mtu', '1430']);
    const routes = await pushUntilTold(
      {
        propagateConnectedRoutes: true,
        mtu: 9000,
        staticRoutes: [IPRoute.fromPartial({ destinationNetwork: '203.0.113.0/24', port: 'wwan0' })],
      },
      (told, link) => told.includes('203.0.113.0/24') && link.includes('mtu 1430'),
    );
    expect(
      routes
        .split('\n')
        .map((line) => line.split(' ')[0])
        .filter((word) => word !== ''),
    ).toEqual(expect.arrayContaining(['default', '203.0.113.0/24']));
    const subnets = await run('ip', ['-n', ship.lab.namespace('device'), '-4', 'route', 'show', 'proto', 'kernel']);
    for (const line of subnets.stdout.split('\n').filter((each) => /dev (eth0|wwan0|sat0)/.test(each))) {
      expect(routes).toContain(`${line.split(' ')[0] ?? ''} via 10.77.0.1`);
    }
  });

  it('of an air-gapped network instance gets no default route', async () => {
    const routes = await pushUntilTold({ port: undefined }, (told) => !told.includes('default'));
    expect(routes).toBe('');
  });
});
