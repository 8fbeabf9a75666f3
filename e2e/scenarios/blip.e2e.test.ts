import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PortTestState } from '../../gen/evecommon/uplink.js';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { monotonicMs, portNames, waitFor } from '../../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

/** What a blip may cost on the metered port: each further one within the hour twice as much. The hold is 30 s. */
const SECONDS_NOT_MINUTES_MS = 12_000;

describe('a ship whose free port is away for a moment', () => {
  let ship: Ship;
  let nim: NetworkInterfaceManagerServiceClient;

  beforeAll(async () => {
    ship = await launchShip({ services: { controller: true }, configuration: { failbackHoldSeconds: 30 } });
    nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${ship.lab.runDir}/nim.sock`);
    await waitFor(
      'all ports to work',
      async () => {
        const { deviceNetworkStatus } = await call(nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
        const working = deviceNetworkStatus?.ports.filter(
          ({ testState }) => testState === PortTestState.PORT_TEST_STATE_WORKING,
        );
        return working?.length === portNames.length ? true : undefined;
      },
      { timeoutMs: 60_000, everyMs: 50 },
    );
  });

  afterAll(async () => {
    nim.close();
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  /** From and to which port `default` has moved so far. */
  async function moves(): Promise<readonly string[]> {
    const { events } = await call(nim, 'listEvents', { afterSequence: 0n, limit: 0 }, { timeoutMs: 5_000 });
    return events.flatMap(({ kind }) =>
      kind?.$case === 'selectionChanged' && kind.value.displayName === 'default'
        ? [`${kind.value.fromPort} ${kind.value.toPort}`]
        : [],
    );
  }

  it('does not move for an address that is renewed', async () => {
    const { lab, watch } = ship;
    const before = (await moves()).length;
    const address = await lab.waitForLease('eth0');
    for (const lifetime of ['600', '1200', '1800']) {
      const argv = ['ip', 'address', 'replace', `${address}/24`, 'dev', 'eth0', 'valid_lft', lifetime] as const;
      expect((await lab.exec('device', [...argv, 'preferred_lft', lifetime])).exitCode).toBe(0);
    }
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    // The event log follows when others have acted.
    const told = await waitFor(
      'two more moves',
      async () => {
        const since = (await moves()).slice(before);
        return since.length < 2 ? undefined : since;
      },
      { timeoutMs: 10_000, everyMs: 20 },
    );
    expect(told).toEqual(['eth0 wwan0', 'wwan0 eth0']);
  });

  it('is back seconds after the carrier, not half a minute', async () => {
    const { lab, watch } = ship;
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    const { afterMs } = await lab.plugCable('eth0');
    expect((await watch.applied('default', 'eth0')) - afterMs).toBeLessThan(SECONDS_NOT_MINUTES_MS);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it('is back seconds after an address that was gone and is the same again', async () => {
    const { lab, watch } = ship;
    const address = await lab.waitForLease('eth0');
    const { stdout } = await lab.exec('device', ['ip', '-4', 'route', 'show', 'default', 'dev', 'eth0']);
    expect(stdout).toMatch(/^default via /);
    const batch = join(lab.folder, 'address-again');
    await writeFile(batch, `address add ${address}/24 dev eth0\nroute replace ${stdout.trim()} dev eth0\n`);
    await lab.flushAddress('eth0');
    await watch.applied('default', 'wwan0');
    expect((await lab.exec('device', ['ip', '-batch', batch])).exitCode).toBe(0);
    const backMs = monotonicMs();
    expect((await watch.applied('default', 'eth0')) - backMs).toBeLessThan(SECONDS_NOT_MINUTES_MS);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });
});
