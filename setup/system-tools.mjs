// Commands of the system that the dataplane and the lab run, and the Debian packages that bring them.
import { runQuietly, say, SetupError, environment } from './commands.mjs';
import { hasCommand } from './machine.mjs';

/** Command -> Debian package. */
export const debianPackageOf = new Map([
  ['ip', 'iproute2'],
  ['ss', 'iproute2'],
  ['tc', 'iproute2'],
  ['nft', 'nftables'],
  ['conntrack', 'conntrack'],
  ['dnsmasq', 'dnsmasq-base'],
  ['udhcpc', 'udhcpc'],
  ['busybox', 'busybox'],
  ['sysctl', 'procps'],
  ['nsenter', 'util-linux'],
  ['ping', 'iputils-ping'],
  ['wireguard-go', 'wireguard-go'],
]);

/** The same for what only benchmarks measure with. */
export const debianPackageOfBenchTool = new Map([['iperf3', 'iperf3']]);

/** What builds the Debian package. */
export const debianPackageOfPackageTool = new Map([
  ['dpkg-buildpackage', 'dpkg-dev'],
  ['dh', 'debhelper'],
]);

/** What boots Debian hosts. */
export const debianPackageOfInstallTool = new Map([
  ['debootstrap', 'debootstrap'],
  ['systemd-nspawn', 'systemd-container'],
]);

/** Commands of these that are not there. */
export function missingCommands(packageOf = debianPackageOf) {
  return [...packageOf.keys()].filter((name) => !hasCommand(name));
}

/** Installs the Debian packages of those of these commands that are missing. */
export function installSystemTools(packageOf = debianPackageOf) {
  const missing = missingCommands(packageOf);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => packageOf.get(name)))];
  const remedy = `Missing commands: ${missing.join(', ')}. On Debian: apt-get install ${packages.join(' ')}`;
  if (!hasCommand('apt-get')) throw new SetupError(`${remedy}\nThis machine has no apt-get; install what brings them.`);
  if (process.getuid?.() !== 0)
    throw new SetupError(`${remedy}\nOnly root may do that: run this command as root, or install them first.`);
  say(`Installing Debian packages: ${packages.join(' ')}`);
  const env = environment({ DEBIAN_FRONTEND: 'noninteractive' });
  const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  try {
    runQuietly('apt-get', [...options, 'update'], { purpose: 'Reading the package lists', env });
    runQuietly('apt-get', [...options, '--no-install-recommends', 'install', ...packages], {
      purpose: 'Installing Debian packages',
      env,
    });
  } catch (error) {
    throw new SetupError(`${error.message}\n${remedy}\nIs the network there?`);
  }
  const stillMissing = missingCommands(packageOf);
  if (stillMissing.length > 0) throw new SetupError(`Still missing after installation: ${stillMissing.join(', ')}`);
}
