import { readdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';

import { listRulesetJson, missingTools, run } from 'iproute-exec';

import { MAIN_TABLE, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { whyNoLibc } from '../../../lib/libc/index.js';
import { Rtnetlink } from '../../../lib/netlink/index.js';
import { isServing } from '../../../lib/rpc/index.js';
import type { Machine, MachineInterface } from './machine.js';

const SERVICE_NAMES = ['zedagent', 'nim', 'zedrouter'];
const ANSWER_LIMIT_MS = 1_000;

/** Reads the machine for `doctor` and `init`. What cannot be read counts as not there; nothing is changed. */
export async function readMachine(runDir: string): Promise<Machine> {
  const noForeignFunctions = whyNoLibc();
  const [nftVersion, activeUnits, networkdSettings, networkManagerSettings, droppingForwardChains, port53] =
    await Promise.all([
      outputOf('nft', ['--version']),
      activeUnitsNow(),
      textsIn(
        ['/etc/systemd/networkd.conf'],
        ['/usr/lib', '/run', '/etc'].map((root) => `${root}/systemd/networkd.conf.d`),
      ),
      textsIn(
        ['/etc/NetworkManager/NetworkManager.conf'],
        ['/usr/lib', '/run', '/etc'].map((root) => `${root}/NetworkManager/conf.d`),
      ),
      droppingChains(),
      isPort53Taken(),
    ]);
  return {
    nodeVersion: process.versions.node,
    kernelRelease: release(),
    isRoot: process.getuid?.() === 0,
    noForeignFunctions,
    missingTools: missingTools(),
    nftVersion: nftVersion?.trim(),
    activeUnits,
    networkdSettings,
    networkManagerSettings,
    interfaces: noForeignFunctions === undefined ? await interfacesNow(runDir) : [],
    droppingForwardChains,
    isPort53Taken: port53,
    services: await Promise.all(
      SERVICE_NAMES.map(async (name) => ({
        name,
        isServing: await isServing(`unix:${join(runDir, `${name}.sock`)}`, ANSWER_LIMIT_MS),
      })),
    ),
  };
}

async function outputOf(file: string, args: readonly string[]): Promise<string | undefined> {
  const result = await run(file, args, { allowFailure: true }).catch(() => undefined);
  return result?.exitCode === 0 ? result.stdout : undefined;
}

async function activeUnitsNow(): Promise<readonly string[]> {
  const listed = await outputOf('systemctl', [
    ...['list-units', '--type=service', '--state=active', '--plain', '--no-legend', '--no-pager'],
  ]);
  return (listed ?? '').split('\n').flatMap((line) => /^\S+\.service/.exec(line.trim())?.[0] ?? []);
}

/** The texts of these files and of all files in these directories, one after the other. */
async function textsIn(files: readonly string[], directories: readonly string[]): Promise<string> {
  const inside = await Promise.all(
    directories.map(async (directory) => {
      const names = await readdir(directory).catch(() => []);
      return names.filter((name) => name.endsWith('.conf')).map((name) => join(directory, name));
    }),
  );
  const texts = await Promise.all([...files, ...inside.flat()].map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.join('\n');
}

/** Its interfaces, without bridges. @throws NetlinkError where the kernel cannot be asked */
export async function interfacesNow(runDir: string): Promise<readonly MachineInterface[]> {
  const rtnetlink = new Rtnetlink();
  const addresses = rtnetlink.addresses();
  const defaults = rtnetlink
    .routes(({ table }) => table === MAIN_TABLE)
    .filter(({ family, destination }) => family === 'inet' && destination.length === 0);
  const candidates = rtnetlink.links().filter(({ name, kind }) => name !== 'lo' && kind !== 'bridge');
  return Promise.all(
    candidates.map(async ({ name, index }) => {
      const told = await readFile(join(runDir, 'dns', name), 'utf8').catch(() => '');
      return {
        name,
        hasAddress: addresses.some(
          ({ linkIndex, family, scope }) => linkIndex === index && family === 'inet' && scope === 'global',
        ),
        defaultRouteMetrics: defaults.filter(({ dev }) => dev === name).map(({ metric }) => metric),
        nameServers: told.split('\n').filter((line) => line.startsWith('nameserver ')).length,
      };
    }),
  );
}

/** Base chains of the forward hook, not ours, whose policy drops. */
async function droppingChains(): Promise<readonly string[]> {
  const listed = await listRulesetJson().catch(() => '{ "nftables": [] }');
  const { nftables } = JSON.parse(listed) as {
    readonly nftables: readonly { readonly chain?: Readonly<Record<string, unknown>> }[];
  };
  return nftables.flatMap(({ chain }) =>
    chain?.hook === 'forward' && chain.policy === 'drop' && chain.table !== NFT_TABLE
      ? [`chain ${String(chain.name)} of table ${String(chain.family)} ${String(chain.table)}`]
      : [],
  );
}

/** A UDP socket bound to every address; those of ours are bound to a bridge's. */
async function isPort53Taken(): Promise<boolean> {
  const sockets = await readFile('/proc/net/udp', 'utf8').catch(() => '');
  return sockets.split('\n').some((line) => line.trim().split(/\s+/)[1] === '00000000:0035');
}
