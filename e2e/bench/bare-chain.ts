import { run } from 'iproute-exec';

import type { Lab } from '../../lab/index.js';

const BRIDGE = 'bare0';
const SUBNET = '10.77.0.0/24';
/** That of the bridge before it, which the app still knows its gateway by. */
const BRIDGE_MAC_ADDRESS = '02:16:3e:06:00:01';

/**
 * What the kernel does by itself, without us: one bridge, a chain of rules over two ports' tables, and masquerade. The
 * yardstick for the armed standby. The app keeps the address that it has leased: nobody is left to renew it.
 */
export async function setUpBareChain(lab: Lab): Promise<void> {
  const namespace = lab.namespace('device');
  const ports = await Promise.all(
    (['eth0', 'wwan0'] as const).map(async (port, index) => ({
      port,
      table: 601 + index,
      address: await lab.waitForLease(port),
      gateway: lab.topology.ports[port].gateway,
    })),
  );
  // Translation first: a flow that once got through without it stays that way for as long as it sends.
  for (const { port } of ports) {
    await run('sysctl', ['-q', '-w', `net/ipv4/conf/${port}/ignore_routes_with_linkdown=1`], { namespace });
  }
  await run('sysctl', ['-q', '-w', 'net/ipv4/ip_forward=1'], { namespace });
  await run('nft', ['-f', '-'], {
    namespace,
    input: `table ip bare {
      chain leave {
        type nat hook postrouting priority srcnat;
        oifname { "eth0", "wwan0" } ip saddr ${SUBNET} masquerade
      }
    }
`,
  });
  await run('ip', ['-n', namespace, '-batch', '-'], {
    input: [
      `link add ${BRIDGE} address ${BRIDGE_MAC_ADDRESS} type bridge`,
      `addr add 10.77.0.1/24 dev ${BRIDGE}`,
      `link set dev ${BRIDGE} up`,
      `link set dev ${lab.app('app1').topology.deviceInterface} master ${BRIDGE}`,
      ...ports.flatMap(({ port, table, address, gateway }, index) => [
        `route replace default via ${gateway} dev ${port} src ${address} table ${table} onlink`,
        `rule add pref ${7001 + index} from ${SUBNET} lookup ${table}`,
      ]),
      `rule add pref 7000 to ${SUBNET} lookup main`,
      `rule add pref 7009 from ${SUBNET} unreachable`,
      '',
    ].join('\n'),
  });
}
