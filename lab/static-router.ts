import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from 'iproute-exec';

import type { Lab } from './lab.js';
import { LabProcess } from './processes.js';
import { portNames, type AppName } from './topology.js';

const BRIDGE = 'br-static';
const BRIDGE_ADDRESS = '10.77.0.1';
/** Where the static router opens app1's echo server, on every port. */
export const staticPortMap = { externalPort: 8081, appPort: 81 } as const;

/**
 * Makes the device a plain router, without any of our services: one bridge for the apps, masquerade on every port, one
 * port map, and the main table's default routes in the order of their metrics, those without carrier ignored. It is
 * what the lab's own tests run on, and what a bare kernel does by itself.
 */
export async function startStaticRouter(lab: Lab, apps: readonly AppName[]): Promise<void> {
  const namespace = lab.namespace('device');
  const configFile = join(lab.folder, 'static-router.conf');
  const hosts = apps.map((name, index) => `dhcp-host=${lab.app(name).topology.macAddress},10.77.0.${10 + index}`);
  await writeFile(
    configFile,
    [
      `interface=${BRIDGE}`,
      ...['bind-interfaces', 'no-hosts', 'no-ping', 'user=root', 'dhcp-authoritative'],
      `pid-file=${lab.folder}/static-router.pid`,
      `dhcp-leasefile=${lab.folder}/static-router.leases`,
      'dhcp-range=10.77.0.100,10.77.0.200,255.255.255.0,1h',
      `resolv-file=${lab.runDir}/dns/eth0`,
      ...hosts,
      '',
    ].join('\n'),
  );
  await run('ip', ['-n', namespace, '-batch', '-'], {
    input: `link add ${BRIDGE} type bridge\naddress add ${BRIDGE_ADDRESS}/24 dev ${BRIDGE}\nlink set ${BRIDGE} up\n`,
  });
  await run('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.ignore_routes_with_linkdown=1'], {
    namespace,
  });
  const ports = portNames.join(', ');
  await run('nft', ['-f', '-'], {
    namespace,
    input: `table ip static_router {
  chain out { type nat hook postrouting priority srcnat; ip saddr 10.77.0.0/24 oifname { ${ports} } masquerade; }
  chain in {
    type nat hook prerouting priority dstnat
    iifname { ${ports} } udp dport ${staticPortMap.externalPort} dnat to 10.77.0.10:${staticPortMap.appPort}
  }
}
`,
  });
  const nameServer = await LabProcess.start({
    name: 'dnsmasq of the static router',
    namespace,
    file: 'dnsmasq',
    args: ['--keep-in-foreground', `--conf-file=${configFile}`],
    logFile: join(lab.folder, 'static-router.log'),
  });
  lab.beforeDestroy(async () => {
    await nameServer.stop();
  });
  await Promise.all(
    apps.map(async (name) => {
      await lab.app(name).plug(BRIDGE);
      await lab.app(name).waitForAddress();
    }),
  );
}
