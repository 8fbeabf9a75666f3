import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import type { UsagePeriod } from '../../gen/zedrouter/v1/usage.js';
import { commandFile, internetAddresses, portNames, waitUntil, type AppName, type PortName } from '../../lab/index.js';
import { connectTo } from '../../lib/rpc/index.js';
import { goesOutBy, launchShip, type Ship } from './ship.js';

const FILE_BYTES = 8_000_000;
/** Of what an ISP has carried, beside what its own name server and DHCP server have: the promise. */
const MOST_DIFFERENCE = 0.001;

interface Sums {
  /** Both ways, by port. */
  readonly ports: ReadonlyMap<string, number>;
  /** Both ways, by port and app. */
  readonly apps: ReadonlyMap<string, number>;
}

describe('usage of a ship', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  async function periods(): Promise<readonly UsagePeriod[]> {
    const client = connectTo(NetworkRouterServiceClient, `unix:${join(ship.lab.runDir, 'zedrouter.sock')}`);
    try {
      const all: UsagePeriod[] = [];
      for await (const { period } of client.listUsage({ since: undefined, until: undefined }) as AsyncIterable<{
        period?: UsagePeriod;
      }>) {
        if (period !== undefined) all.push(period);
      }
      return all;
    } finally {
      client.close();
    }
  }

  async function usage(): Promise<Sums> {
    const [ports, apps] = [new Map<string, number>(), new Map<string, number>()];
    const add = (sums: Map<string, number>, key: string, { up, down }: UsagePeriod['ports'][number]): void => {
      sums.set(key, (sums.get(key) ?? 0) + Number(up?.bytes ?? 0n) + Number(down?.bytes ?? 0n));
    };
    for (const period of await periods()) {
      for (const each of period.ports) add(ports, each.logicalLabel, each);
      for (const { port, appName, up, down } of period.apps) {
        add(apps, `${port} ${appName}`, { logicalLabel: port, up, down });
      }
    }
    return { ports, apps };
  }

  async function carried(port: PortName): Promise<number> {
    const { up, down } = await ship.lab.isp(port).counters();
    return up.bytes + down.bytes;
  }

  /** Whether it came whole. */
  async function fetchBy(app: AppName, bytes = FILE_BYTES): Promise<boolean> {
    const url = `http://${internetAddresses.web}/bytes/${bytes}`;
    const { exitCode } = await ship.lab.exec(
      app,
      ['timeout', '20', 'busybox', 'wget', '-qO', '/dev/null', url],
      30_000,
    );
    return exitCode === 0;
  }

  it('equals what the ISPs have carried, over cables pulled and services killed in the middle of it', async () => {
    const { lab, watch } = ship;
    const zedrouter = lab.service('zedrouter');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    expect(await fetchBy('app1', 1)).toBe(true);
    const before = { usage: await usage(), isps: await Promise.all(portNames.map(carried)) };

    expect(await fetchBy('app1')).toBe(true);
    // Killed while bytes pass, which the kernel counts on; back while they pass.
    const killed = fetchBy('app1', 5 * FILE_BYTES);
    await zedrouter.kill('SIGKILL');
    expect(await fetchBy('app2')).toBe(true);
    await zedrouter.start();
    expect(await killed).toBe(true);
    await watch.applied('default', 'eth0');
    // Cut off in the middle, with the standby in the kernel; killed once more before it could tell.
    const cut = fetchBy('app1', 20 * FILE_BYTES);
    await lab.pullCable('eth0');
    await zedrouter.kill('SIGKILL');
    await cut;
    expect(await fetchBy('app1')).toBe(true);
    await zedrouter.start();
    await watch.applied('default', 'wwan0');
    expect(await fetchBy('app1')).toBe(true);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    // Ended in peace, and all of them at once.
    await lab.services.stop();
    expect(await fetchBy('app1')).toBe(true);
    await lab.services.start();
    await watch.applied('default', 'eth0');
    expect(await fetchBy('app1')).toBe(true);

    const isps = await Promise.all(portNames.map(carried));
    let latest = before.usage;
    const grown = (sums: 'ports' | 'apps', key: string): number =>
      (latest[sums].get(key) ?? 0) - (before.usage[sums].get(key) ?? 0);
    const differences = (): readonly string[] =>
      portNames.flatMap((port, index) => {
        const isp = (isps[index] ?? 0) - (before.isps[index] ?? 0);
        // The least that passes: what a name server was asked, ARP.
        const most = Math.max(isp * MOST_DIFFERENCE, 20_000);
        const apps = grown('apps', `${port} app1`) + grown('apps', `${port} app2`);
        return [grown('ports', port) - isp, apps - isp]
          .filter((difference) => Math.abs(difference) > most)
          .map((difference) => `${port}: ${difference} of ${isp}`);
      });
    // What was lost or counted twice stays so; a zedrouter that has just started has yet to hear of the configuration.
    const equals = async (): Promise<boolean> => {
      latest = await usage();
      return differences().length === 0;
    };
    await waitUntil(equals, { timeoutMs: 20_000, everyMs: 200 });
    expect(differences()).toEqual([]);
    expect(grown('ports', 'wwan0')).toBeGreaterThan(2 * FILE_BYTES);
    expect(grown('apps', 'eth0 app1')).toBeGreaterThan(8 * FILE_BYTES);
  });

  it('is told by the command, with what the ports cost and how often the network instance has moved', async () => {
    const { stdout } = await run(process.execPath, [
      await commandFile(),
      'report',
      '--json',
      // What has just been, also where a month has ended in between.
      ...['--since', '2h'],
      '--run-dir',
      ship.lab.runDir,
    ]);
    const { ports, networkInstances, traffic } = JSON.parse(stdout) as Readonly<
      Record<string, readonly { readonly port?: string }[]>
    >;
    expect(ports?.map(({ port }) => port)).toEqual(['eth0', 'sat0', 'wwan0']);
    expect(networkInstances).toContainEqual(
      expect.objectContaining({ name: 'default', moves: expect.arrayContaining([{ cause: 2, count: 1 }]) }),
    );
    expect(traffic).toContainEqual(expect.objectContaining({ networkInstance: 'default', app: 'app1', port: 'eth0' }));
  });
});
