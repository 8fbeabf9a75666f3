import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { PortTestState } from '../../gen/evecommon/uplink.js';
import { ApplyState, NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { serviceNames, waitUntil, type ServiceName } from '../../lab/index.js';
import { goesOutBy, launchShip, portMapAnswersOn, wrongSources, type Ship } from './ship.js';

/** The value of a setting of a unit file. */
function settingOf(unit: string, name: string): string {
  const text = readFileSync(new URL(`../../deploy/systemd/${unit}.service`, import.meta.url), 'utf8');
  return new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
}

/** What runs a service with the privileges that its unit leaves it, and no more. */
function asItsUnit(serves: ServiceName | 'all'): readonly [string, ...string[]] {
  const unit = serves === 'all' ? 'eve-uplink' : `eve-uplink-${serves}`;
  const capabilities = settingOf(unit, 'CapabilityBoundingSet').toLowerCase().replaceAll('cap_', '').split(' ');
  const bounds = ['-all', ...capabilities.map((each) => `+${each}`)].join(',');
  return ['setpriv', '--bounding-set', bounds, '--inh-caps', '-all', '--no-new-privs'];
}

describe.each([
  ['each service by itself', true],
  ['all in one process', false],
])('a ship whose services have what their units leave them, %s', (_what, separate) => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip({ services: { separate, controller: true, runBy: asItsUnit } });
  });

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  it('runs with these capabilities and no others', async () => {
    const bounds = await Promise.all(
      ship.lab.services.processes.map(({ pid }) =>
        ship.lab.exec('device', ['sed', '-n', 's/^CapBnd:\\s*//p', `/proc/${pid ?? 0}/status`]),
      ),
    );
    const masks = bounds.map(({ stdout }) => BigInt(`0x${stdout.trim()}`));
    const [setGid, netBindService, netAdmin, netRaw] = [1n << 6n, 1n << 10n, 1n << 12n, 1n << 13n];
    const all = netAdmin | netRaw | netBindService | setGid;
    expect(masks).toEqual(separate ? [netBindService, netAdmin | netRaw, all] : [all]);
    expect(serviceNames).toEqual(['zedagent', 'nim', 'zedrouter']);
  });

  it('tests its ports, applies everything, and fails over', async () => {
    const { lab, watch } = ship;
    const nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${lab.runDir}/nim.sock`);
    const zedrouter = connectTo(NetworkRouterServiceClient, `unix:${lab.runDir}/zedrouter.sock`);
    try {
      const tested = async (): Promise<boolean> => {
        const { deviceNetworkStatus } = await call(nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
        const targets = deviceNetworkStatus?.ports.flatMap((port) => port.targets) ?? [];
        return (
          targets.length > 0 && targets.every(({ testState }) => testState === PortTestState.PORT_TEST_STATE_WORKING)
        );
      };
      expect(await waitUntil(tested, { timeoutMs: 20_000, everyMs: 100 })).toBe(true);
      await lab.pullCable('eth0');
      await watch.applied('default', 'wwan0');
      expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
      expect(await waitUntil(async () => (await portMapAnswersOn(lab)).join() === 'wwan0', { timeoutMs: 5_000 })).toBe(
        true,
      );
      const { statuses } = await call(
        zedrouter,
        'listNetworkInstanceStatus',
        { networkInstances: [] },
        { timeoutMs: 5_000 },
      );
      expect(statuses.map(({ state, errors }) => ({ state, errors }))).toEqual(
        statuses.map(() => ({ state: ApplyState.APPLY_STATE_APPLIED, errors: [] })),
      );
    } finally {
      nim.close();
      zedrouter.close();
    }
  });
});
