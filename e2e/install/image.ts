import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from 'iproute-exec';

/** What a host needs before ours comes: an init, every network manager, and what our package depends on. */
const basePackages = ['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'ca-certificates'];
const packages = [
  ...['nftables', 'dnsmasq-base', 'procps'],
  ...['ifupdown', 'isc-dhcp-client', 'dhcpcd-base', 'network-manager'],
];

const TIMEOUT_MS = 15 * 60_000;

/** Debian's releases, and whether their Node is new enough: elsewhere the package brings its own. */
export const suites = { trixie: { hasNode: true }, bookworm: { hasNode: false } } as const;
export type Suite = keyof typeof suites;

/**
 * The root directory of a host of this release, made from Debian's archive once and kept in `directory`.
 * @throws CommandError where debootstrap fails: without root, or without the archive.
 */
export async function hostImage(suite: Suite, directory: string): Promise<string> {
  const image = join(directory, suite);
  const isThere = await access(image).then(
    () => true,
    () => false,
  );
  if (isThere) return image;
  const unfinished = `${image}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  process.stderr.write(`Making a Debian ${suite} host in ${image}; this takes some minutes, once\n`);
  await run('debootstrap', ['--variant=minbase', `--include=${basePackages.join(',')}`, suite, unfinished], {
    timeoutMs: TIMEOUT_MS,
  });
  // Services of packages would be started here, without a system around them.
  const noServices = join(unfinished, 'usr/sbin/policy-rc.d');
  await writeFile(noServices, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const wanted = [...packages, ...(suites[suite].hasNode ? ['nodejs'] : [])];
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  await run('chroot', [unfinished, ...environment, 'apt-get', 'install', '-qy', '--no-install-recommends', ...wanted], {
    timeoutMs: TIMEOUT_MS,
  });
  await rm(noServices);
  // Nobody may ask for a name of ours on the way to a mirror: the host has no way out but its ports.
  await writeFile(join(unfinished, 'etc/hostname'), 'ship\n');
  await writeFile(join(unfinished, 'etc/machine-id'), '');
  await rename(unfinished, image);
  return image;
}
