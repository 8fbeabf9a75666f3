import type { Machine } from '../machine/machine.js';

/** `bad`: does not work; `warning`: works now, or in part. */
export type Verdict = 'good' | 'warning' | 'bad';

/** One thing that was looked at. */
export interface Diagnosis {
  readonly verdict: Verdict;
  readonly subject: string;
  readonly finding: string;
  /** What to do; empty where there is nothing to do. */
  readonly remedy: string;
}

const OLDEST_NODE = [20, 18] as const;
const OLDEST_KERNEL = [5, 10] as const;
const OLDEST_NFT = [1, 0, 2] as const;

/** What is well with a machine, and what is not. Pure. Where the remedies come from: docs/troubleshooting.md. */
export function diagnose(machine: Machine): readonly Diagnosis[] {
  return [
    version('Node', machine.nodeVersion, OLDEST_NODE, 'install a newer Node, or the package that brings its own'),
    version('Linux', machine.kernelRelease, OLDEST_KERNEL, 'install a newer kernel'),
    ...foreignFunctions(machine),
    ...tools(machine),
    ...managers(machine),
    ...ports(machine),
    ...firewalls(machine),
    ...nameService(machine),
    ...services(machine),
  ];
}

const good = (subject: string, finding: string): Diagnosis => ({ verdict: 'good', subject, finding, remedy: '' });
const notGood = (verdict: Exclude<Verdict, 'good'>, subject: string, finding: string, remedy: string): Diagnosis => ({
  verdict,
  subject,
  finding,
  remedy,
});

/** Whether a version is at least another; what has no number counts as 0. */
export function isAtLeast(version: string, oldest: readonly number[]): boolean {
  const numbers = [...version.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  for (const [index, wanted] of oldest.entries()) {
    const has = numbers[index] ?? 0;
    if (has !== wanted) return has > wanted;
  }
  return true;
}

function version(subject: string, has: string, oldest: readonly number[], remedy: string): Diagnosis {
  return isAtLeast(has, oldest)
    ? good(subject, has)
    : notGood('bad', subject, `${has} is older than ${oldest.join('.')}`, remedy);
}

function foreignFunctions({ noForeignFunctions }: Machine): readonly Diagnosis[] {
  return noForeignFunctions === undefined
    ? []
    : [notGood('bad', 'koffi', noForeignFunctions, 'use a Node for which the npm package koffi has a binary')];
}

function tools({ missingTools, nftVersion }: Machine): readonly Diagnosis[] {
  const missing = missingTools.map(({ command, debianPackage }) =>
    notGood('bad', command, 'is not installed', `apt install ${debianPackage}`),
  );
  if (nftVersion === undefined) return missing;
  const number = /v(\d+(\.\d+)*)/.exec(nftVersion)?.[1] ?? nftVersion;
  return [
    ...missing,
    version('nft', number, OLDEST_NFT, 'install a newer nftables: Debian 12 and Ubuntu 22.04 have one'),
  ];
}

function managers({ activeUnits, networkdSettings, networkManagerSettings }: Machine): readonly Diagnosis[] {
  const found: Diagnosis[] = [];
  if (activeUnits.includes('systemd-networkd.service')) {
    const leavesAlone = /^\s*ManageForeignRoutingPolicyRules\s*=\s*(no|false|off|0)\s*$/im.test(networkdSettings);
    found.push(
      leavesAlone
        ? good('systemd-networkd', 'leaves routes and rules of others alone')
        : notGood(
            'bad',
            'systemd-networkd',
            'deletes our rules whenever it is restarted',
            'set ManageForeignRoutes=no and ManageForeignRoutingPolicyRules=no in /etc/systemd/networkd.conf.d/eve-uplink.conf',
          ),
    );
  }
  if (activeUnits.includes('NetworkManager.service')) {
    found.push(
      /^\s*unmanaged-devices\s*\+?=.*interface-name:bn\*/im.test(networkManagerSettings)
        ? good('NetworkManager', 'leaves our bridges alone')
        : notGood(
            'warning',
            'NetworkManager',
            'may take the bridges of network instances for its own',
            'set unmanaged-devices=interface-name:bn* in /etc/NetworkManager/conf.d/eve-uplink.conf',
          ),
    );
  }
  return found;
}

function ports({ interfaces }: Machine): readonly Diagnosis[] {
  const metrics = interfaces.flatMap(({ defaultRouteMetrics }) => defaultRouteMetrics);
  return interfaces
    .filter(({ hasAddress }) => hasAddress)
    .flatMap(({ name, defaultRouteMetrics, nameServers }) => {
      const [metric] = defaultRouteMetrics;
      if (metric === undefined) {
        return [
          notGood(
            'warning',
            name,
            'has an address and no default route: as an uplink it leads nowhere',
            'give each uplink a default route of its own metric, in the settings of whoever configures it',
          ),
        ];
      }
      const isShared = metrics.filter((each) => each === metric).length > 1;
      return [
        isShared
          ? notGood('warning', name, `shares metric ${metric} with another`, 'give each uplink a metric of its own')
          : good(name, `default route with metric ${metric}`),
        ...(nameServers > 0
          ? []
          : [
              notGood(
                'warning',
                name,
                'no DHCP client has told a name server of it',
                'renew the lease once the package is installed, or name servers in networks[].ip.dns',
              ),
            ]),
      ];
    });
}

function firewalls({ droppingForwardChains, activeUnits }: Machine): readonly Diagnosis[] {
  const remedies: Readonly<Record<string, string>> = {
    'ufw.service': 'ufw route allow in on bn+; ufw route allow out on bn+; ufw allow in on bn+',
    'firewalld.service': 'firewall-cmd --permanent --zone=trusted --add-interface=bn+; firewall-cmd --reload',
    'docker.service': 'iptables -I DOCKER-USER -i bn+ -j ACCEPT; iptables -I DOCKER-USER -o bn+ -j ACCEPT',
  };
  const known = Object.entries(remedies).filter(([unit]) => activeUnits.includes(unit));
  const remedy =
    known.length > 0 ? known.map(([, text]) => text).join('; ') : 'accept what comes from and goes to bn+ there';
  return droppingForwardChains.map((chain) =>
    notGood('bad', 'firewall', `${chain} drops what is forwarded, and with it the traffic of apps`, remedy),
  );
}

function nameService({ isPort53Taken }: Machine): readonly Diagnosis[] {
  return isPort53Taken
    ? [
        notGood(
          'bad',
          'port 53',
          'somebody listens on it at every address: network instances get no name service',
          'remove the package dnsmasq (dnsmasq-base is enough), or set bind-dynamic and except-interface=bn* in it',
        ),
      ]
    : [];
}

function services({ services: all, isRoot }: Machine): readonly Diagnosis[] {
  const silent = all.filter(({ isServing }) => !isServing).map(({ name }) => name);
  if (silent.length === 0) return [good('services', all.map(({ name }) => name).join(', '))];
  return [
    notGood(
      'bad',
      'services',
      `no answer from ${silent.join(', ')}`,
      isRoot
        ? 'systemctl start eve-uplink; journalctl -u eve-uplink'
        : 'be root or of the group eve-uplink, or start them',
    ),
  ];
}

/** For people: one line each, what is not well with its remedy. */
export function diagnosesText(diagnoses: readonly Diagnosis[]): string {
  const words: Readonly<Record<Verdict, string>> = { good: 'good   ', warning: 'WARNING', bad: 'BAD    ' };
  const lines = diagnoses.flatMap(({ verdict, subject, finding, remedy }) => [
    `${words[verdict]}  ${subject}: ${finding}`,
    ...(remedy === '' ? [] : [`         ${remedy}`]),
  ]);
  const count = (verdict: Verdict): number => diagnoses.filter((each) => each.verdict === verdict).length;
  return [...lines, '', `${count('bad')} bad, ${count('warning')} warnings, ${count('good')} good`].join('\n');
}
