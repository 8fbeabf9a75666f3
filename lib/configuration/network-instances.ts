import { isIP } from 'node:net';

import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { AddressType, ZNetworkInstType, type NetworkInstanceConfig } from '../../gen/config/netinst.js';
import type { Sliced } from '../slices/index.js';
import { ipv4Network, ipv4Number, ipv4Text, overlap, type Ipv4Network } from '../ipv4/index.js';
import type { LocalNetwork, NetworkInstance } from './model.js';
import { interpretDrain, interpretTest } from './network-instance-tests.js';
import { priorityLimit } from './policies.js';
import type { Problems } from './problems.js';
import { defaultRouteWishes, interpretStaticRoutes } from './static-routes.js';
import { isHostName, isLabel, isUuid } from './syntax.js';
import { interpretTunnel, refuseTunnelOverlaps } from './wireguard-tunnel.js';

/** Flow marks have room for 65,535; this many were planned for, 500 were tried. */
export const MOST_LOCAL_INSTANCES = 4000;

/** Each has a process of its own where the kernel has no WireGuard. */
export const MOST_CLOUD_INSTANCES = 64;

/** Each has a bridge, and every port of the kernel's is asked for it. */
export const MOST_SWITCHES = 64;

/** An option of DHCP has 255 bytes, and a line of dnsmasq's configuration 1,024; it would not start. */
export const MOST_NTP_SERVERS = 60;

/** The network instances. */
export function* interpretNetworkInstances(
  config: EdgeDevConfig,
  problems: Problems,
): Sliced<readonly NetworkInstance[]> {
  const configured = config.networkInstances;
  const at = (index: number) => `networkInstances[${index}]`;
  const instances: NetworkInstance[] = [];
  for (const [index, instance] of configured.entries()) {
    instances.push(interpretInstance(instance, at(index), problems));
    yield;
  }
  problems.unique(
    configured,
    ({ uuidandversion }) => uuidandversion?.uuid.toLowerCase() ?? '',
    (index) => `${at(index)}.uuidandversion.uuid`,
    'the UUID',
  );
  problems.unique(
    configured,
    ({ displayname }) => displayname,
    (index) => `${at(index)}.displayname`,
    'the name',
  );
  refuseOverlaps(configured, problems);
  if (instances.filter(({ kind }) => kind === 'local').length > MOST_LOCAL_INSTANCES) {
    problems.add('networkInstances', `there are more than ${MOST_LOCAL_INSTANCES} local network instances`);
  }
  if (instances.filter(({ tunnel }) => tunnel !== undefined).length > MOST_CLOUD_INSTANCES) {
    problems.add('networkInstances', `there are more than ${MOST_CLOUD_INSTANCES} cloud network instances`);
  }
  if (instances.filter(({ kind, active }) => kind === 'switch' && active).length > MOST_SWITCHES) {
    problems.add('networkInstances', `there are more than ${MOST_SWITCHES} switch network instances`);
  }
  refuseTunnelOverlaps(instances, at, problems);
  return instances;
}

function interpretInstance(config: NetworkInstanceConfig, field: string, problems: Problems): NetworkInstance {
  const id = config.uuidandversion?.uuid ?? '';
  if (!isUuid(id)) problems.add(`${field}.uuidandversion.uuid`, 'must be a UUID');
  if (!isLabel(config.displayname)) {
    problems.add(`${field}.displayname`, 'must be 1 to 128 printable characters without quotes');
  }
  const kind = kindOf(config, field, problems);
  const portLabel = config.port?.name ?? '';
  if (portLabel !== '' && !isLabel(portLabel)) {
    problems.add(`${field}.port.name`, 'must be printable characters without quotes');
  }
  if (config.mtu !== 0 && (config.mtu < 576 || config.mtu > 65_535)) {
    problems.add(`${field}.mtu`, 'must be 0 (the default) or 576 to 65535');
  }
  const isTunnelled = kind === 'cloud' && config.wireguard !== undefined;
  const network = kind === 'local' || isTunnelled ? interpretNetwork(config, field, problems) : undefined;
  const staticRoutes =
    network === undefined || isTunnelled ? [] : interpretStaticRoutes(config.staticRoutes, network, field, problems);
  return {
    id: id.toLowerCase(),
    name: config.displayname,
    kind,
    // One that is not built is in nobody's status: the field reference tells of it, at a push and while it is in force.
    active: config.activate && (network !== undefined || config.instType === ZNetworkInstType.ZnetInstSwitch),
    portLabel: portLabel === '' ? undefined : portLabel,
    network,
    ...(kind === 'switch' ? { switching: { forwardsLldp: config.forwardLldp } } : {}),
    tunnel: interpretTunnel(config, kind, field, problems),
    allowedPriorities: priorityLimit(config.allowedPriorities, `${field}.allowedPriorities`, problems),
    test: interpretTest(config, field, problems),
    mtu: config.mtu,
    propagatesConnectedRoutes: config.propagateConnectedRoutes,
    staticRoutes,
    ...(network === undefined ? {} : defaultRouteWishes(staticRoutes, network)),
    drainMs: interpretDrain(config, field, problems),
  };
}

function kindOf({ instType }: NetworkInstanceConfig, field: string, problems: Problems): NetworkInstance['kind'] {
  switch (instType) {
    case ZNetworkInstType.ZnetInstLocal:
      return 'local';
    case ZNetworkInstType.ZnetInstSwitch:
      return 'switch';
    case ZNetworkInstType.ZnetInstCloud:
      return 'cloud';
    default:
      problems.add(`${field}.instType`, 'must be ZnetInstLocal, ZnetInstSwitch or ZnetInstCloud');
      return 'switch';
  }
}

function interpretNetwork(config: NetworkInstanceConfig, field: string, problems: Problems): LocalNetwork | undefined {
  if (config.ipType !== AddressType.IPV4 && config.ipType !== AddressType.First) {
    problems.add(`${field}.ipType`, 'only IPV4 is built for local and cloud network instances');
  }
  const { ip } = config;
  const subnet = ipv4Network(ip?.subnet ?? '');
  if (ip === undefined || subnet === undefined || subnet.prefixLength > 30 || subnet.prefixLength < 8) {
    problems.add(`${field}.ip.subnet`, 'must be an IPv4 network such as 10.1.0.0/24, /8 to /30, host bits zero');
    return undefined;
  }
  if (!isForHosts(subnet)) problems.add(`${field}.ip.subnet`, 'is of a block that no host may have an address in');
  const gateway = ip.gateway === '' ? subnet.first + 1 : hostIn(subnet, ip.gateway);
  if (gateway === undefined) problems.add(`${field}.ip.gateway`, `must be a host address in ${ip.subnet}`);
  const first = ip.dhcpRange?.start ?? '';
  const last = ip.dhcpRange?.end ?? '';
  const range = {
    first: first === '' ? subnet.first + 1 : hostIn(subnet, first),
    last: last === '' ? subnet.last - 1 : hostIn(subnet, last),
  };
  if (range.first === undefined) problems.add(`${field}.ip.dhcpRange.start`, `must be a host address in ${ip.subnet}`);
  if (range.last === undefined) problems.add(`${field}.ip.dhcpRange.end`, `must be a host address in ${ip.subnet}`);
  if (range.first !== undefined && range.last !== undefined && range.first > range.last) {
    problems.add(`${field}.ip.dhcpRange`, 'must not end before it starts');
  } else if (range.first === range.last && range.first === gateway) {
    problems.add(`${field}.ip.dhcpRange`, 'holds the gateway only, so no app could get an address');
  }
  const dnsServers = addresses(ip.dns, `${field}.ip.dns`, problems);
  const ntpServers = [
    ...ntpServer(ip.ntp, `${field}.ip.ntp`, problems),
    ...ip.moreNtp.flatMap((server, index) => ntpServer(server, `${field}.ip.moreNtp[${index}]`, problems)),
  ];
  if (ntpServers.length > MOST_NTP_SERVERS) {
    problems.add(
      `${field}.ip.moreNtp`,
      `there are more than ${MOST_NTP_SERVERS} NTP servers, as many as DHCP can tell`,
    );
  }
  if (ip.domain !== '' && !isHostName(ip.domain)) problems.add(`${field}.ip.domain`, 'must be a domain name');
  config.dns.forEach(({ HostName: name, Address: listed }, index) => {
    if (!isHostName(name)) problems.add(`${field}.dns[${index}].HostName`, 'must be a host name');
    addresses(listed, `${field}.dns[${index}].Address`, problems);
  });
  return {
    subnet: subnet.text,
    prefixLength: subnet.prefixLength,
    gateway: ipv4Text(gateway ?? subnet.first + 1),
    dhcpRange: { first: ipv4Text(range.first ?? subnet.first + 1), last: ipv4Text(range.last ?? subnet.last - 1) },
    dnsServers,
    staticDnsEntries: config.dns.map(({ HostName: hostName, Address: listed }) => ({ hostName, addresses: listed })),
    ntpServers,
    domainName: ip.domain,
  };
}

/** An address of a host in the network, as a number. */
export function hostIn(network: Ipv4Network, address: string): number | undefined {
  const number = ipv4Number(address);
  return number !== undefined && number > network.first && number < network.last ? number : undefined;
}

function addresses(listed: readonly string[], field: string, problems: Problems): readonly string[] {
  listed.forEach((address, index) => {
    if (isIP(address) === 0) problems.add(`${field}[${index}]`, 'must be an IP address');
  });
  return listed;
}

/** Blocks in which hosts have addresses: not 0/8, loopback, multicast and beyond (RFC 6890). */
function isForHosts({ first, last }: Ipv4Network): boolean {
  return first >= 0x01000000 && last < 0xe0000000 && (last < 0x7f000000 || first > 0x7fffffff);
}

/** DHCP hands out NTP servers by address (RFC 2132); EVE's API takes names too, which apps then do not get. */
function ntpServer(server: string, field: string, problems: Problems): readonly string[] {
  if (ipv4Number(server) !== undefined) return [server];
  if (server !== '' && !isHostName(server)) problems.add(field, 'must be an IPv4 address or a host name');
  return [];
}

function hasSubnet(type: ZNetworkInstType, tunnel: NetworkInstanceConfig['wireguard']): boolean {
  return type === ZNetworkInstType.ZnetInstLocal || (type === ZNetworkInstType.ZnetInstCloud && tunnel !== undefined);
}

/** Apps are told apart by their addresses, so no two network instances may share one. */
function refuseOverlaps(configured: readonly NetworkInstanceConfig[], problems: Problems): void {
  const networks = configured
    .map(({ ip, instType, wireguard }, index) => ({
      index,
      network: hasSubnet(instType, wireguard) ? ipv4Network(ip?.subnet ?? '') : undefined,
    }))
    .flatMap(({ index, network }) => (network === undefined ? [] : [{ index, network }]))
    .sort((a, b) => a.network.first - b.network.first || a.index - b.index);
  let widest = networks[0];
  for (const each of networks.slice(1)) {
    if (widest !== undefined && overlap(widest.network, each.network)) {
      const [earlier, later] = widest.index < each.index ? [widest, each] : [each, widest];
      problems.add(
        `networkInstances[${later.index}].ip.subnet`,
        `overlaps the subnet of networkInstances[${earlier.index}]`,
      );
    }
    if (widest === undefined || each.network.last > widest.network.last) widest = each;
  }
}
