import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSetCounters, run, type ElementCount } from 'iproute-exec';

import { NFT_FAMILY, NFT_TABLE } from './desired/dataplane.js';
import { NO_NUMBERS } from './numbers.js';
import { endRouters, received, withRouter } from './testing/real-router.js';
import { PORTS } from './testing/ship.js';

const [DEVICE, APP, ISP] = ['evrc-device', 'evrc-app', 'evrc-isp'];
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

async function ping(namespace: string, address: string): Promise<void> {
  await run('busybox', ['ping', '-c', '3', '-i', '0.02', '-W', '2', address], { namespace });
}

describe('counters of app traffic by port', () => {
  let runDir: string;

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evrc-'));
    for (const name of [DEVICE, APP, ISP]) {
      await run('ip', ['netns', 'del', name], { allowFailure: true });
      await run('ip', ['netns', 'add', name]);
    }
    const ports = [...PORTS.values()].flatMap(({ interfaceName, addresses, gateways }, index) => [
      `link add name ${interfaceName} netns ${DEVICE} index ${100 + index} type veth peer name ${interfaceName} netns ${ISP} index ${200 + index}`,
      `-n ${DEVICE} link set dev ${interfaceName} up`,
      `-n ${ISP} link set dev ${interfaceName} up`,
      `-n ${DEVICE} addr add ${addresses[0]?.address ?? ''}/24 dev ${interfaceName}`,
      `-n ${ISP} addr add ${gateways[0] ?? ''}/24 dev ${interfaceName}`,
    ]);
    const app = [
      `link add name app netns ${DEVICE} index 300 type veth peer name eth0 netns ${APP} index 301`,
      `-n ${APP} link set dev eth0 up`,
      `-n ${APP} addr add 10.77.0.2/24 dev eth0`,
      `-n ${APP} route add default via 10.77.0.1`,
    ];
    for (const words of [...ports, ...app]) await run('ip', words.split(' '));
  });

  afterAll(async () => {
    await endRouters({ namespace: DEVICE, runDir });
    for (const name of [DEVICE, APP, ISP]) await run('ip', ['netns', 'del', name], { allowFailure: true });
    await rm(runDir, { recursive: true, force: true });
  });

  it('count what is forwarded for apps, and nothing else, over switches and restarts', async () => {
    const numbers = await withRouter({ namespace: DEVICE, runDir, numbers: NO_NUMBERS }, async (router, nextReport) => {
      const first = nextReport();
      router.receive(received(['eth0', 'wwan0', 'sat0']));
      const { failures, numbers: taken } = await first;
      expect(failures).toEqual([]);
      await run('ip', ['-n', DEVICE, 'link', 'set', 'dev', 'app', 'master', 'bn1', 'up']);
      expect(packets()).toEqual({ eth0: [0, 0], wwan0: [0, 0], sat0: [0, 0] });

      await ping(APP, GATEWAY);
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [0, 0], sat0: [0, 0] });
      // 84 bytes are an echo request as busybox sends it, IP header included.
      expect(counted('port_up').get('eth0')).toEqual({ packets: 3, bytes: 3 * 84 });

      // The device's own, and what stays inside.
      await ping(DEVICE, GATEWAY);
      await ping(APP, '10.77.0.1');
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [0, 0], sat0: [0, 0] });

      const moved = nextReport();
      router.receive(received(['wwan0', 'eth0', 'sat0']));
      await moved;
      await ping(APP, GATEWAY);
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [3, 3], sat0: [0, 0] });

      // Led to a port that policy forbids, and refused there.
      const limited = nextReport();
      router.receive(received(['wwan0'], ['wwan0']));
      await limited;
      const misleading = ['pref', '100', 'iif', 'bn1', 'lookup', '503'];
      await run('ip', ['-n', DEVICE, 'rule', 'add', ...misleading]);
      await expect(ping(APP, GATEWAY)).rejects.toThrow();
      await run('ip', ['-n', DEVICE, 'rule', 'del', ...misleading]);
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [3, 3], sat0: [0, 0] });
      return taken;
    });
    await withRouter({ namespace: DEVICE, runDir, numbers }, async (router, nextReport) => {
      const adopted = nextReport();
      router.receive(received(['wwan0', 'eth0', 'sat0']));
      await adopted;
      expect(packets()).toEqual({ eth0: [3, 3], wwan0: [3, 3], sat0: [0, 0] });
    });
  });
});
