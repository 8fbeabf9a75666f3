import { ipv4Mask, ipv4Text } from '../../lib/ipv4/index.js';
import {
  GATEWAY_ADDRESS,
  CUSTOMER_INTERFACE,
  internetAddresses,
  internetHostName,
  type InternetHost,
  type PortTopology,
} from '../topology.js';

/**
 * udhcpd's configuration. Not dnsmasq's DHCP server: that one makes every lease at least two minutes long, too long to
 * wait for the end of one.
 */
export function dhcpServerConfig(
  port: PortTopology,
  address: string,
  options: {
    readonly leaseSeconds: number;
    readonly folder: string;
    readonly nameServers: readonly string[];
    readonly tellsRouter: boolean;
    readonly timeServer: string | undefined;
  },
): string {
  return [
    `interface ${CUSTOMER_INTERFACE}`,
    `start ${address}`,
    `end ${address}`,
    'max_leases 1',
    `static_lease ${port.macAddress} ${address}`,
    `lease_file ${options.folder}/leases`,
    `pidfile ${options.folder}/udhcpd.pid`,
    'auto_time 0',
    'min_lease 1',
    `option lease ${options.leaseSeconds}`,
    `option subnet ${dottedMask(port.prefixLength)}`,
    ...(options.tellsRouter ? [`option router ${port.gateway}`] : []),
    `option dns ${options.nameServers.join(' ')}`,
    ...(options.timeServer === undefined ? [] : [`option ntpsrv ${options.timeServer}`]),
    '',
  ].join('\n');
}

/**
 * dnsmasq's configuration: the ISP's name server, that knows the hosts of the lab's internet and logs who asks for
 * what.
 */
export function nameServerConfig(port: PortTopology, folder: string): string {
  return [
    `listen-address=${port.gateway}`,
    'bind-interfaces',
    'no-resolv',
    'no-hosts',
    // Names without an IPv6 address get an empty answer; a refusal makes some resolvers give the name up.
    'local=/example/',
    'user=root',
    `pid-file=${folder}/dnsmasq.pid`,
    'log-queries',
    `log-facility=${folder}/dns.log`,
    ...(Object.keys(internetAddresses) as InternetHost[]).map(
      (host) => `host-record=${internetHostName(host)},${internetAddresses[host]}`,
    ),
    `host-record=vpn.example,${GATEWAY_ADDRESS}`,
    '',
  ].join('\n');
}

function dottedMask(prefixLength: number): string {
  return ipv4Text(ipv4Mask(prefixLength));
}
