import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { portNames } from '../../lab/index.js';

/** Who gives a host's ports their addresses. */
export interface NetworkManager {
  readonly name: string;
  /** Files that it reads, by their path on the host. */
  readonly files: Readonly<Record<string, string>>;
  /** Units that run at boot; whatever else could manage a port does not. */
  readonly units: readonly string[];
  /** What an operator may do at any time, and what may cost no packet. */
  readonly restart: readonly [string, ...string[]];
}

/** Lower is better, as the ports' priorities. */
const metricOf = (index: number): number => 100 * (index + 1);
const filesPerPort = (file: (port: string, metric: number) => readonly [string, string]): Record<string, string> =>
  Object.fromEntries(portNames.map((port, index) => file(port, metricOf(index))));

export const networkManagers: readonly NetworkManager[] = [
  {
    name: 'systemd-networkd',
    files: filesPerPort((port, metric) => [
      `/etc/systemd/network/${port}.network`,
      `[Match]\nName=${port}\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n[DHCPv4]\nRouteMetric=${metric}\n`,
    ]),
    units: ['systemd-networkd.service'],
    restart: ['systemctl', 'restart', 'systemd-networkd.service'],
  },
  {
    name: 'ifupdown with dhclient',
    files: {
      '/etc/network/interfaces': portNames
        .map((port, index) => `auto ${port}\niface ${port} inet dhcp\n  metric ${metricOf(index)}\n`)
        .join('\n'),
    },
    units: ['networking.service'],
    restart: ['ifup', '--force', 'sat0'],
  },
  {
    name: 'dhcpcd',
    files: {
      '/etc/dhcpcd.conf': [
        `allowinterfaces ${portNames.join(' ')}`,
        ...['nodev', 'ipv4only', 'noarp', 'option domain_name_servers, ntp_servers'],
        ...portNames.flatMap((port, index) => [`interface ${port}`, `metric ${metricOf(index)}`]),
        '',
      ].join('\n'),
      '/etc/systemd/system/dhcpcd-ports.service':
        '[Service]\nExecStart=/usr/sbin/dhcpcd -B\nRuntimeDirectory=dhcpcd\n[Install]\nWantedBy=multi-user.target\n',
    },
    units: ['dhcpcd-ports.service'],
    restart: ['dhcpcd', '-n'],
  },
  {
    name: 'NetworkManager',
    files: filesPerPort((port, metric) => [
      `/etc/NetworkManager/system-connections/${port}.nmconnection`,
      `[connection]\nid=${port}\ntype=ethernet\ninterface-name=${port}\n` +
        `[ipv4]\nmethod=auto\nroute-metric=${metric}\n[ipv6]\nmethod=disabled\n`,
    ]),
    units: ['NetworkManager.service'],
    restart: ['systemctl', 'restart', 'NetworkManager.service'],
  },
];

/** Units of every manager, and what asks for them. */
const allUnits = [...new Set(networkManagers.flatMap(({ units }) => units)), 'dhcpcd.service'];

/** Makes the host below `root`, which does not run, one that this manager configures. */
export async function configureHost(root: string, manager: NetworkManager): Promise<void> {
  for (const [path, text] of Object.entries(manager.files)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: path.endsWith('.nmconnection') ? 0o600 : 0o644 });
  }
  const wanted = join(root, 'etc/systemd/system/multi-user.target.wants');
  await mkdir(wanted, { recursive: true });
  for (const unit of allUnits) {
    const masked = join(root, 'etc/systemd/system', unit);
    if (manager.units.includes(unit)) {
      const own = unit in manager.files || `/etc/systemd/system/${unit}` in manager.files;
      if (!own) await rm(masked, { force: true });
      const target = own ? `/etc/systemd/system/${unit}` : `/usr/lib/systemd/system/${unit}`;
      await rm(join(wanted, unit), { force: true });
      await symlink(target, join(wanted, unit));
    } else {
      await rm(masked, { force: true });
      await symlink('/dev/null', masked);
    }
  }
}
