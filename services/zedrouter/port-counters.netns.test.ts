import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { readSetCounters, type ElementCount } from '../../lib/netlink/index.js';
import { NFT_FAMILY, NFT_TABLE } from '../../lib/dataplane-layout/index.js';
import { NO_IDS } from './ids/ids.js';
import { makeDeviceAppIsp, type DeviceAppIsp } from './testing/device-app-isp.js';
import { readUsage } from './usage/read-usage.js';
import { endReconcilers, upstream, withReconciler } from './testing/real-reconciler.js';
import { PORTS } from './testing/ship.js';

const [DEVICE, APP] = ['evrc-device', 'evrc-app'];
const GATEWAY = PORTS.get('eth0')?.gateways[0] ?? '';

function packets(): Readonly<Record<string, readonly [up: number, down: number]>> {
  const [up, down] = [counted('port_up'), counted('port_down')];
  return Object.fromEntries(
    [...up.keys()].map((name) => [name, [up.get(name)?.packets ?? -1, down.get(name)?.packets ?? -1]]),
  );
}

function counted(set: 'port_up' | 'port_down'): ReadonlyMap<string, ElementCount> {
  return readSetCounters({ family: NFT_FAMILY, table: NFT_TABLE, set, namespace: DEVICE }) ?? new Map();
}

/** What the app has sent and received by then, and of which life that is. */
function usage(): { readonly life: string | undefined; readonly apps: readonly string[] } {
  const { appsLife, apps } = readUsage(new Map([['eth0', 'eth0']]), 'boot', DEVICE);
  return {
    life: appsLife,
    apps: apps.map((one) => `${one.direction} ${one.bridge} ${one.interfaceName} ${one.address} ${one.bytes}`).sort(),
  };
}

async function ping(namespace: string, address: string): Promise<void> {
  await run('busybox', ['ping', '-c', '3', '-i', '0.02', '-W', '2', address], { namespace });
}

describe('counters of app traffic by port', () => {
  let runDir: string;
  let place: DeviceAppIsp;

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evrc-'));
    place = await makeDeviceAppIsp('evrc');
  });

  afterAll(async () => {
    await endReconcilers({ namespace: DEVICE, runDir });
    await place.remove();
    await rm(runDir, { recursive: true, force: true });
  });

  it('count what is forwarded for apps, and nothing else, over switches and restarts', async () => {
    let firstLife: string | undefined;
    const ids = await withReconciler({ namespace: DEVICE, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      const { failures, ids: taken } = await first;
      expect(failures).toEqual([]);
      await place.plugApp();
      expect(packets()).toEqual({ eth0: [0, 0], wwan0: [0, 0], sat0: [0, 0] });

      await ping(APP, GATEWAY);
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [0, 0], sat0: [0, 0] });
      // 84 bytes are an echo request as busybox sends it, IP header included.
      expect(counted('port_up').get('eth0')).toEqual({ packets: 3, bytes: 3 * 84 });

      const ofApp = usage();
      expect(ofApp.apps).toEqual([`down bn1 eth0 10.77.0.2 ${3 * 84}`, `up bn1 eth0 10.77.0.2 ${3 * 84}`]);
      expect(ofApp.life).toMatch(/^boot \d+$/);
      firstLife = ofApp.life;

      // The device's own, and what stays inside.
      await ping(DEVICE, GATEWAY);
      await ping(APP, '10.77.0.1');
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [0, 0], sat0: [0, 0] });

      const moved = nextReport();
      reconciler.takeUpstream(upstream(['wwan0', 'eth0', 'sat0']));
      await moved;
      await ping(APP, GATEWAY);
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [3, 3], sat0: [0, 0] });

      // Led to a port that policy forbids, and refused there.
      const limited = nextReport();
      reconciler.takeUpstream(upstream(['wwan0'], ['wwan0']));
      await limited;
      const misleading = ['pref', '100', 'iif', 'bn1', 'lookup', '503'];
      await run('ip', ['-n', DEVICE, 'rule', 'add', ...misleading]);
      await expect(ping(APP, GATEWAY)).rejects.toThrow();
      await run('ip', ['-n', DEVICE, 'rule', 'del', ...misleading]);
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [3, 3], sat0: [0, 0] });
      expect(usage()).toEqual({
        life: ofApp.life,
        apps: ['down', 'up'].flatMap((direction) =>
          ['eth0', 'wwan0'].map((port) => `${direction} bn1 ${port} 10.77.0.2 ${3 * 84}`),
        ),
      });
      return taken;
    });
    await withReconciler({ namespace: DEVICE, runDir, ids }, async (reconciler, nextReport) => {
      const adopted = nextReport();
      reconciler.takeUpstream(upstream(['wwan0', 'eth0', 'sat0']));
      await adopted;
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [3, 3], sat0: [0, 0] });
      const before = usage();
      expect(before.apps).toHaveLength(4);
      await run('nft', ['delete', 'table', NFT_FAMILY, NFT_TABLE], { namespace: DEVICE });
      expect(usage()).toEqual({ life: undefined, apps: [] });
    });
    await withReconciler({ namespace: DEVICE, runDir, ids }, async (reconciler, nextReport) => {
      const anew = nextReport();
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      await anew;
      await ping(APP, GATEWAY);
      const { life, apps } = usage();
      expect(apps).toEqual([`down bn1 eth0 10.77.0.2 ${3 * 84}`, `up bn1 eth0 10.77.0.2 ${3 * 84}`]);
      expect(life).toMatch(/^boot \d+$/);
      expect(life).not.toBe(firstLife);
    });
  });

  it('tell what a link has sent and received, without its own header', async () => {
    const read = () =>
      readUsage(
        new Map([
          ['eth0', 'eth0'],
          ['gone', 'gone0'],
        ]),
        'boot',
        DEVICE,
      ).ports;
    const before = read().get('eth0');
    await ping(DEVICE, GATEWAY);
    const after = read().get('eth0');
    expect(after?.life).toBe(before?.life);
    // ARP may come between.
    for (const side of ['up', 'down'] as const) {
      const bytes = (after?.[side].bytes ?? 0) - (before?.[side].bytes ?? 0);
      expect(bytes).toBeGreaterThanOrEqual(3 * 84);
      expect(bytes).toBeLessThanOrEqual(3 * 84 + 4 * 28);
    }
    expect(read().has('gone')).toBe(false);
  });
});
