import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Lab } from '../lab.js';
import { fillDisk, jumpWallClock, spoilTool, takeDescriptors, writeProtectDisk } from './bad-host.js';
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
  /** Files of the state are cut short, or a newer version wrote them, and their service is killed. */
  'configuration-truncated',
  'policy-truncated',
  'configuration-newer',
  'numbers-newer',
  'memory-corrupt',
  /** The rest takes a `badHost`. Nothing fits onto the disk of the state any more, or it is write-protected. */
  'disk-full',
  'disk-read-only',
  /** The wall clock jumps by ten years. */
  'wall-clock-ahead',
  'wall-clock-behind',
  /** A tool never ends, or is not there. */
  'nft-hangs',
  'nft-missing',
  'dnsmasq-hangs',
  'dnsmasq-missing',
  'ip-hangs',
  /** A service may open no more files. */
  'zedagent-without-descriptors',
  'nim-without-descriptors',
  'zedrouter-without-descriptors',
] as const;
export type SabotageKind = (typeof sabotageKinds)[number];

type Undo = () => Promise<void>;

const TEN_YEARS_MS = 10 * 365 * 86_400_000;
/** The first line of a state file has the version of its form. */
const FORM = 'eve-uplink durable 1\n';

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
    await Promise.all(serviceNames.map((name) => startedIfPossible(lab, name)));
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
  'configuration-truncated': (lab) => withFile(lab, 'zedagent', 'config', (bytes) => bytes.subarray(0, 40)),
  'policy-truncated': (lab) => withFile(lab, 'zedagent', 'policy', (bytes) => bytes.subarray(0, 40)),
  'configuration-newer': (lab) => ofNewerVersion(lab, 'zedagent', 'config'),
  'numbers-newer': (lab) => ofNewerVersion(lab, 'zedrouter', 'zedrouter-numbers.json'),
  'memory-corrupt': async (lab) => {
    await lab.service('nim').kill('SIGKILL');
    await writeFile(join(lab.runDir, 'nim-memory.json'), '{"selections": [{}]');
    await startedIfPossible(lab, 'nim');
    return nothing;
  },
  'disk-full': fillDisk,
  'disk-read-only': writeProtectDisk,
  'wall-clock-ahead': (lab) => jumpWallClock(lab, TEN_YEARS_MS),
  'wall-clock-behind': (lab) => jumpWallClock(lab, -TEN_YEARS_MS),
  'nft-hangs': (lab) => spoilTool(lab, 'nft', 'hangs'),
  'nft-missing': (lab) => spoilTool(lab, 'nft', 'is-missing'),
  'dnsmasq-hangs': (lab) => spoilTool(lab, 'dnsmasq', 'hangs'),
  'dnsmasq-missing': (lab) => spoilTool(lab, 'dnsmasq', 'is-missing'),
  'ip-hangs': (lab) => spoilTool(lab, 'ip', 'hangs'),
  'zedagent-without-descriptors': (lab) => takeDescriptors(lab, 'zedagent'),
  'nim-without-descriptors': (lab) => takeDescriptors(lab, 'nim'),
  'zedrouter-without-descriptors': (lab) => takeDescriptors(lab, 'zedrouter'),
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
  if (bytes !== undefined && bytes.length > 0) await writtenIfPossible(path, change(bytes));
  await startedIfPossible(lab, owner);
  return nothing;
}

/** A newer version was installed, and goes again: its file is kept, its service does not start until that is away. */
async function ofNewerVersion(lab: Lab, owner: ServiceName, file: string): Promise<Undo> {
  await lab.service(owner).kill('SIGKILL');
  const path = join(lab.stateDir, file);
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes?.subarray(0, FORM.length).toString('latin1') !== FORM) return nothing;
  const newer = Buffer.concat([Buffer.from(FORM.replace('1', '9'), 'latin1'), bytes.subarray(FORM.length)]);
  await writtenIfPossible(path, newer);
  await startedIfPossible(lab, owner);
  return async () => {
    await lab.service(owner).stop();
    await writtenIfPossible(path, bytes);
  };
}

/** The disk may be full, or write-protected, by then. */
async function writtenIfPossible(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes).catch(() => undefined);
}

/** Tools, files or the disk may keep it from serving: whoever looks after a mix starts it again. */
async function startedIfPossible(lab: Lab, name: ServiceName): Promise<void> {
  await lab
    .service(name)
    .start()
    .catch(() => undefined);
}
