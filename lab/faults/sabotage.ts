import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Lab } from '../lab.js';
import { serviceNames, type ServiceName } from '../service-process.js';

/** What somebody else, or a bad disk, does to the device's kernel, files and processes. */
export const sabotageKinds = [
  /** The process is stopped, and goes on some time later. */
  'zedagent-stopped',
  'nim-stopped',
  'zedrouter-stopped',
  /** All are killed at once, and started again a second later. */
  'all-killed',
  /** Somebody deletes a bridge of ours; the apps' interfaces stay, in no bridge. */
  'bridge-deleted',
  'bridge-address-flushed',
  'bridge-down',
  /** Somebody flushes a routing table of ours. */
  'table-flushed',
  /** Somebody puts the kernel's settings of the uplinks back to what a distribution has. */
  'settings-reset',
  /** Our nft table is deleted while netlink brings news all the time. */
  'table-deleted-in-churn',
  /** A bit of the stored configuration flips, and zedagent is killed. */
  'configuration-corrupt',
  /** zedrouter's numbers are cut short, and it is killed. */
  'numbers-corrupt',
  /** Pushes, one every 50 ms. */
  'pushes',
] as const;
export type SabotageKind = (typeof sabotageKinds)[number];

type Undo = () => Promise<void>;

const RESTART_MS = 1_000;
const PUSHES = 10;
const PUSH_EVERY_MS = 50;

const nothing: Undo = () => Promise.resolve();

/** Does that to the device of a lab. @returns what ends it, as far as it is not over or mended by itself */
export function sabotage(lab: Lab, kind: SabotageKind): Promise<Undo> {
  return kinds[kind](lab);
}

const kinds: Readonly<Record<SabotageKind, (lab: Lab) => Promise<Undo>>> = {
  'zedagent-stopped': (lab) => stopped(lab, 'zedagent'),
  'nim-stopped': (lab) => stopped(lab, 'nim'),
  'zedrouter-stopped': (lab) => stopped(lab, 'zedrouter'),
  'all-killed': async (lab) => {
    await Promise.all(serviceNames.map((name) => lab.service(name).kill('SIGKILL')));
    await sleep(RESTART_MS);
    await lab.services.start();
    return nothing;
  },
  'bridge-deleted': (lab) => tried(lab, 'ip link delete bn1'),
  'bridge-address-flushed': (lab) => tried(lab, 'ip -4 address flush dev bn1'),
  'bridge-down': (lab) => tried(lab, 'ip link set bn1 down'),
  'table-flushed': (lab) => tried(lab, 'ip route flush table 501'),
  'settings-reset': (lab) =>
    tried(
      lab,
      'for port in eth0 wwan0 sat0; do cd /proc/sys/net/ipv4/conf/$port && echo 0 > ignore_routes_with_linkdown && echo 1 > rp_filter; done',
    ),
  'table-deleted-in-churn': async (lab) => {
    await tried(
      lab,
      'nft delete table inet eve_uplink; for n in 1 2 3 4 5 6 7 8; do ip address add 10.200.0.1/32 dev lo; ip address del 10.200.0.1/32 dev lo; sleep 0.05; done',
    );
    return nothing;
  },
  'configuration-corrupt': (lab) =>
    withFile(lab, 'zedagent', 'config', (bytes) => {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    }),
  'numbers-corrupt': (lab) =>
    withFile(lab, 'zedrouter', 'zedrouter-numbers.json', (bytes) => bytes.subarray(0, bytes.length / 2)),
  pushes: async (lab) => {
    for (let push = 0; push < PUSHES; push += 1) {
      // Refused or unanswered, where zedagent is down: that is for whoever pushes.
      await lab.pushConfig(lab.configuration({ failbackHoldSeconds: push % 2 })).catch(() => undefined);
      await sleep(PUSH_EVERY_MS);
    }
    return nothing;
  },
};

function stopped(lab: Lab, name: ServiceName): Promise<Undo> {
  lab.service(name).freeze(true);
  return Promise.resolve(() => {
    lab.service(name).freeze(false);
    return Promise.resolve();
  });
}

/** What somebody does before us may have made it impossible: then nothing is done. */
async function tried(lab: Lab, script: string): Promise<Undo> {
  await lab.exec('device', ['sh', '-c', script]);
  return nothing;
}

async function withFile(
  lab: Lab,
  owner: ServiceName,
  file: string,
  change: (bytes: Buffer) => Uint8Array,
): Promise<Undo> {
  await lab.service(owner).kill('SIGKILL');
  const path = join(lab.stateDir, file);
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes !== undefined && bytes.length > 0) await writeFile(path, change(bytes));
  await lab.service(owner).start();
  return nothing;
}
