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

/** Numbers of the users that the units name, and of their group. */
const users: ReadonlyMap<string, number> = new Map([
  ['eve-uplink', 64_101],
  ['eve-uplink-zedagent', 64_102],
  ['eve-uplink-nim', 64_103],
  ['eve-uplink-zedrouter', 64_104],
]);
const GROUP = 64_100;

function userOf(serves: ServiceName | 'all'): number {
  const user = users.get(settingOf(serves === 'all' ? 'eve-uplink' : `eve-uplink-${serves}`, 'User'));
  if (user === undefined) throw new Error(`the unit of ${serves} names no user that we know`);
  return user;
}

/** Has the directories of a service as its unit has them, then runs it. */
const IN_SHARED_DIRECTORIES = `
for each; do
  case $before in
    --run-dir | --state-dir) chmod 711 "$(dirname "$each")" && chgrp ${GROUP} "$each" && chmod 1775 "$each" ;;
  esac
  before=$each
done
exec "$@"`;

/** What runs a service as the user and with the privileges that its unit gives it, and no more. */
function asItsUnit(serves: ServiceName | 'all'): readonly [string, ...string[]] {
  const unit = serves === 'all' ? 'eve-uplink' : `eve-uplink-${serves}`;
  const capabilities = settingOf(unit, 'CapabilityBoundingSet').toLowerCase().replaceAll('cap_', '').split(' ');
  const bounds = ['-all', ...capabilities.map((each) => `+${each}`)].join(',');
  return [
    ...(['sh', '-c', IN_SHARED_DIRECTORIES, 'sh', 'setpriv'] as const),
    ...[`--reuid=${userOf(serves)}`, `--regid=${GROUP}`, '--clear-groups', '--no-new-privs'],
    ...[`--bounding-set=${bounds}`, `--inh-caps=${bounds}`, `--ambient-caps=${bounds}`],
  ];
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

  it('runs as this user, with these capabilities and no others', () => {
    const statuses = ship.lab.services.processes.map(({ pid }) => readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'));
    const fieldsOf = (name: string): string[] =>
      statuses.map((text) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '');
    const [netBindService, netAdmin, netRaw] = [1n << 10n, 1n << 12n, 1n << 13n];
    const all = netAdmin | netRaw | netBindService;
    const masks = separate ? [netBindService, netAdmin | netRaw, all] : [all];
    for (const set of ['CapBnd', 'CapEff']) {
      expect(fieldsOf(set).map((mask) => BigInt(`0x${mask}`))).toEqual(masks);
    }
    expect(fieldsOf('Uid').map(Number)).toEqual(separate ? serviceNames.map(userOf) : [userOf('all')]);
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
