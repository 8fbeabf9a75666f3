import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { run } from 'iproute-exec';

import { configToJson } from '../../lib/configuration/index.js';
import {
  createTestLab,
  internetAddresses,
  portNames,
  servicePorts,
  waitFor,
  type Lab,
  type PortName,
  type UdpStreamReport,
} from '../../lab/index.js';
import { goesOutBy, wrongSources } from '../scenarios/ship.js';
import { BootedHost } from './booted-host.js';
import { configureHost, type NetworkManager } from './managers.js';

/** One thing that was tried, and what came of it. */
export interface Finding {
  readonly what: string;
  readonly good: boolean;
  /** What was measured or seen. */
  readonly detail: string;
}

export interface InstallOptions {
  readonly image: string;
  readonly manager: NetworkManager;
  /** The Debian package. */
  readonly packageFile: string;
}

type Note = (what: string, good: boolean, detail?: string) => void;

const SEND_EVERY_MS = 2;
const LEASE_TIMEOUT_MS = 60_000;
/** Of option 42 in every lease. */
const TIME_SERVER = '192.0.2.123';

/** What the package, and what it put into the kernel, may not leave behind. */
const LEFT_OVER_SCRIPT = [
  "ip rule | grep -v 'lookup \\(local\\|main\\|default\\)$'",
  'nft list tables | grep eve_uplink',
  'ip -o link show type bridge',
  'find /usr /etc /var/lib /run -path "*eve-uplink*" -not -path "/var/lib/dpkg/*" -not -path "/run/systemd/*"' +
    ' -not -path "/run/eve-uplink*"',
  'getent group eve-uplink eve-uplink-services',
  'getent passwd eve-uplink eve-uplink-zedagent eve-uplink-nim eve-uplink-zedrouter',
  'pgrep -a dnsmasq',
].join('\n');

/**
 * Boots a host whose ports this manager configures by DHCP, on a lab's three ISPs; installs the package; pushes the
 * ship's configuration; fails over, upgrades in place, restarts the manager, reboots nothing, and purges. Each step is
 * a finding; what throws ends the run and is the last one.
 */
export async function tryInstallation(options: InstallOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const note: Note = (what, good, detail = '') => {
    findings.push({ what, good, detail });
  };
  const lab = await createTestLab();
  try {
    await tryOn(lab, options, note);
    const wrong = await wrongSources(lab);
    note('no packet with a source that is not the port’s', wrong === 0, `${wrong} packets`);
  } catch (error) {
    note('the run comes to its end', false, error instanceof Error ? error.message : String(error));
  } finally {
    await lab.destroy();
  }
  return findings;
}

async function tryOn(lab: Lab, { image, manager, packageFile }: InstallOptions, note: Note): Promise<void> {
  const root = join(lab.folder, 'host');
  await run('cp', ['-a', '--reflink=auto', image, root], { timeoutMs: 120_000 });
  await configureHost(root, manager);
  const handed = join(lab.folder, 'handed');
  await mkdir(handed);
  await cp(packageFile, join(handed, basename(packageFile)));
  const configuration = configToJson(lab.configuration({ failbackHoldSeconds: 0 }));
  await writeFile(join(handed, 'ship.json'), JSON.stringify(configuration));
  await Promise.all(portNames.map((port) => lab.isp(port).nameTimeServer(TIME_SERVER)));
  await lab.leavePortsToHost();
  const logFile = join(lab.folder, 'host.log');
  const host = await BootedHost.boot({
    ...{ root, logFile, namespace: lab.namespace('device') },
    binds: { [handed]: '/handed' },
  });
  lab.beforeDestroy(() => host.powerOff());
  try {
    await tryOnHost(lab, host, { manager, packageFile, note });
  } catch (error) {
    const { stdout } = await host.run(['journalctl', '--no-pager', '--lines=40', '--output=cat']);
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nThe host's journal:\n${stdout}`);
  }
}

async function tryOnHost(
  lab: Lab,
  host: BootedHost,
  { manager, packageFile, note }: Pick<InstallOptions, 'manager' | 'packageFile'> & { readonly note: Note },
): Promise<void> {
  await waitFor('leases on all ports', () => haveLeases(lab), { timeoutMs: LEASE_TIMEOUT_MS, everyMs: 100 });
  const installMs = await timed(() => host.must(['dpkg', '-i', `/handed/${basename(packageFile)}`], 120_000));
  note('dpkg -i', true, `${(installMs / 1000).toFixed(1)} s`);
  await waitFor('the service', async () => isActive(host), { timeoutMs: 30_000, everyMs: 100 });
  note('the service is active', true);
  await renewForHooks(host, manager);
  await host.must(['eve-uplink', 'init', '/tmp/start.yaml']);
  const tried = await host.run(['eve-uplink', 'config', 'push', '--dry-run', '/tmp/start.yaml']);
  note('init writes a configuration that can be pushed', tried.exitCode === 0, tried.stdout.trim().split('\n')[0]);
  lab.startPlugging(host.path('/run/eve-uplink'));
  await host.must(['eve-uplink', 'config', 'push', '/handed/ship.json']);
  await Promise.all([lab.app('app1').waitForAddress(), lab.app('app2').waitForAddress()]);
  note('apps have addresses', true);
  note('an app goes out by eth0', await goesOutBy(lab, 'app1', 'eth0'));
  for (const { what, line } of [
    { what: 'name servers', line: /^nameserver / },
    { what: 'time servers', line: new RegExp(`^ntp ${TIME_SERVER.replaceAll('.', String.raw`\.`)}$`) },
  ]) {
    const known = await waitForServers(host, what, line);
    note(
      `${what} of each lease are known`,
      known.every((each) => each > 0),
      known.join(', '),
    );
  }
  const { stdout: diagnoses, exitCode } = await host.run(['eve-uplink', 'doctor']);
  note('doctor finds nothing bad', exitCode === 0, exitCode === 0 ? diagnoses.trim().split('\n').at(-1) : diagnoses);

  const pulled = await during(lab, async () => {
    await lab.pullCable('eth0');
    return goesOutBy(lab, 'app1', 'wwan0');
  });
  note('cable pulled: the app goes on by wwan0', pulled.good, lossText(pulled.report));
  const returned = await during(lab, async () => {
    await lab.plugCable('eth0');
    return goesOutBy(lab, 'app1', 'eth0');
  });
  note('and comes back', returned.good, lossText(returned.report));

  const upgraded = await during(lab, async () => {
    await host.must(['dpkg', '-i', `/handed/${basename(packageFile)}`], 120_000);
    return isActive(host);
  });
  note('upgrade in place loses nothing', upgraded.good && upgraded.report.lost === 0, lossText(upgraded.report));
  const restarted = await during(lab, async () => {
    await host.must(manager.restart);
    return goesOutBy(lab, 'app1', 'eth0');
  });
  note(`${manager.restart.join(' ')} loses nothing`, restarted.report.lost === 0, lossText(restarted.report));
  const status = await host.run(['eve-uplink', 'status']);
  note('status is good', status.exitCode === 0, `exit code ${status.exitCode}`);

  const exposures = await exposuresOf(host);
  note(
    `exposure of each unit is at most ${MOST_EXPOSURE}`,
    exposures.length === unitNames.length && exposures.every(({ level }) => level <= MOST_EXPOSURE),
    exposures.map(({ unit, level }) => `${unit} ${level}`).join(', '),
  );
  await tryServicesOfTheirOwn(lab, host, note);
  await tryUpgradeFromRoot(lab, host, note);

  await host.must(['dpkg', '--purge', 'eve-uplink'], 120_000);
  const { stdout: left } = await host.run(['sh', '-c', LEFT_OVER_SCRIPT]);
  note('purge leaves nothing', left.trim() === '', left.trim());
}

/** By `systemd-analyze security`; 10 is everything. */
const MOST_EXPOSURE = 2;
const separateUnits = ['eve-uplink-zedagent', 'eve-uplink-nim', 'eve-uplink-zedrouter'] as const;
const unitNames = ['eve-uplink', ...separateUnits] as const;

async function exposuresOf(host: BootedHost): Promise<readonly { readonly unit: string; readonly level: number }[]> {
  const units = unitNames.map((unit) => `${unit}.service`);
  const texts = await Promise.all(units.map((unit) => host.must(['systemd-analyze', 'security', '--no-pager', unit])));
  return texts.flatMap((text) =>
    [...text.matchAll(/exposure level for (\S+)\.service: ([\d.]+)/g)].map(([, unit = '', level]) => ({
      unit,
      level: Number(level),
    })),
  );
}

/** Who runs the main process of a unit. */
async function userOf(host: BootedHost, unit: string): Promise<string> {
  const pid = await host.must(['systemctl', 'show', '--property=MainPID', '--value', unit]);
  return (await host.must(['stat', '--format=%U', `/proc/${pid.trim()}`])).trim();
}

async function tryServicesOfTheirOwn(lab: Lab, host: BootedHost, note: Note): Promise<void> {
  const separated = await during(lab, async () => {
    // They end it: one form of the services at a time.
    await host.must(['systemctl', 'start', ...separateUnits]);
    await lab.pullCable('eth0');
    const moved = await goesOutBy(lab, 'app1', 'wwan0');
    await lab.plugCable('eth0');
    return moved && (await goesOutBy(lab, 'app1', 'eth0'));
  });
  note('three services of their own: the app moves and comes back', separated.good, lossText(separated.report));
  const users = await Promise.all(separateUnits.map((unit) => userOf(host, unit)));
  note('each has a user of its own', users.join() === separateUnits.join(), users.join(', '));
  const status = await host.run(['eve-uplink', 'status']);
  note('status of the three is good', status.exitCode === 0, `exit code ${status.exitCode}`);
}

/** As packages before had it: root, with root's files and root's dnsmasq. */
const AS_ROOT = `[Service]
User=root
ExecStartPre=
ExecStartPre=+/bin/sh -c 'kill $(cat /run/eve-uplink/dnsmasq/*.pid); chown -R root:root /var/lib/eve-uplink /run/eve-uplink'
AmbientCapabilities=
CapabilityBoundingSet=
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE CAP_SETGID
SystemCallFilter=
`;

async function tryUpgradeFromRoot(lab: Lab, host: BootedHost, note: Note): Promise<void> {
  const dropIn = '/etc/systemd/system/eve-uplink.service.d';
  await mkdir(host.path(dropIn), { recursive: true });
  await writeFile(host.path(`${dropIn}/as-root.conf`), AS_ROOT);
  await host.must(['systemctl', 'daemon-reload']);
  await host.must(['systemctl', 'start', 'eve-uplink']);
  note('as root, as before', (await userOf(host, 'eve-uplink')) === 'root' && (await goesOutBy(lab, 'app1', 'eth0')));
  await rm(host.path(dropIn), { recursive: true });
  await host.must(['systemctl', 'daemon-reload']);
  const upgraded = await during(lab, async () => {
    await host.must(['systemctl', 'restart', 'eve-uplink']);
    return goesOutBy(lab, 'app1', 'eth0');
  });
  note('and as its user, with the state that root has left', upgraded.good, lossText(upgraded.report));
  const owners = await host.must([
    'sh',
    '-c',
    'stat --format="%U %n" /var/lib/eve-uplink/* $(pgrep dnsmasq | sed s,^,/proc/,)',
  ]);
  const others = owners
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('eve-uplink '));
  note('which are its own, with every dnsmasq', others.length === 0, others.join(', '));
  const config = await host.run(['eve-uplink', 'config', 'get']);
  note('the configuration is still there', config.exitCode === 0, `exit code ${config.exitCode}`);
  await lab.app('app2').waitForAddress();
  const status = await host.run(['eve-uplink', 'status']);
  note('status is good again', status.exitCode === 0, `exit code ${status.exitCode}`);
}

async function haveLeases(lab: Lab): Promise<true | undefined> {
  const addresses = await Promise.all(portNames.map((port) => lab.portAddress(port)));
  return addresses.every((each) => each !== undefined) ? true : undefined;
}

async function isActive(host: BootedHost): Promise<true | undefined> {
  const { stdout } = await host.run(['systemctl', 'is-active', 'eve-uplink.service']);
  return stdout.trim() === 'active' ? true : undefined;
}

/** Hooks tell of leases that come; those that a client had before the package, it tells with its next renewal. */
async function renewForHooks(host: BootedHost, { name }: NetworkManager): Promise<void> {
  if (name === 'ifupdown with dhclient') await host.must(['sh', '-c', 'ifdown -a --force; ifup -a']);
  if (name === 'dhcpcd') await host.must(['dhcpcd', '-n']);
  if (name === 'NetworkManager') await host.must(['systemctl', 'restart', 'NetworkManager.service']);
}

/** How many such lines hooks have written of each port, once there are some for all, or the time is up. */
async function waitForServers(host: BootedHost, what: string, wanted: RegExp): Promise<readonly number[]> {
  let counts: readonly number[] = [];
  await waitFor(
    what,
    async () => {
      counts = await Promise.all(
        portNames.map(async (port: PortName) => {
          const { stdout } = await host.run(['cat', `/run/eve-uplink/dns/${port}`]);
          return stdout.split('\n').filter((line) => wanted.test(line)).length;
        }),
      );
      return counts.every((each) => each > 0) ? true : undefined;
    },
    { timeoutMs: 20_000, everyMs: 200 },
  ).catch(() => undefined);
  return counts;
}

async function during(
  lab: Lab,
  action: () => Promise<boolean | undefined>,
): Promise<{ readonly good: boolean; readonly report: UdpStreamReport }> {
  const { agent } = lab.app('app1');
  const { stream } = await agent.call('startUdpStream', {
    address: internetAddresses.echo1,
    port: servicePorts.echo,
    intervalMs: SEND_EVERY_MS,
  });
  const good = (await action()) === true;
  return { good, report: await agent.call('stopUdpStream', { stream }) };
}

function lossText({ sent, lost, longestOutageMs }: UdpStreamReport): string {
  return `${lost} of ${sent} datagrams lost, one every ${SEND_EVERY_MS} ms; longest outage ${longestOutageMs.toFixed(1)} ms`;
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await action();
  return performance.now() - startMs;
}
