import { isIPv4 } from 'node:net';

import { ZNetworkInstType, type PortProbe } from '../../gen/config/netinst.js';
import {
  ConnectivityProbeMethod,
  DHCPType,
  NetworkType,
  proxyProto,
  type ConnectivityProbe,
} from '../../gen/evecommon/netcmn.js';
import {
  exceptionsIn,
  isCertificate,
  isException,
  MOST_CERTIFICATES,
  MOST_EXCEPTIONS,
  proxyAddress,
} from './proxies.js';
import { isDefaultDestination } from './static-routes.js';
import { isUuid } from './syntax.js';

/**
 * What becomes of a field of EdgeDevConfig that concerns the network.
 *
 * - `honoured`: what it says comes about;
 * - `refused`: a push that sets it is refused, with the reason;
 * - `warned`: a push that sets it succeeds and says what does not come about.
 *
 * There is no fourth: whatever else an EdgeDevConfig holds stands in `fieldsElsewhere`, and is ignored on purpose.
 */
export type FieldHandling = 'honoured' | 'refused' | 'warned';

/** Values of one field that are refused, or warned of, whatever becomes of its other values. */
export interface FieldRule {
  readonly kind: 'refused' | 'warned';
  /** Of a value that is set (not the default of proto3); `message` is what the field stands in. */
  readonly when: (value: unknown, message: Readonly<Record<string, unknown>>) => boolean;
  /** Why, and what to do; a sentence without its full stop. */
  readonly notice: string;
}

/** One line of the reference. */
export interface FieldReference {
  /**
   * Protobuf JSON names from EdgeDevConfig, `[]` for each of a list; ending in `.**` it stands for all that is below.
   */
  readonly path: string;
  readonly handling: FieldHandling;
  /** What the field means. */
  readonly meaning: string;
  /** What counts where it is not set; empty: nothing in particular. */
  readonly byDefault: string;
  /** What is said where it is set; empty where it is honoured, or where rules say when. */
  readonly notice: string;
  /** What is said of some values. */
  readonly rules: readonly FieldRule[];
}

/** Fields of EdgeDevConfig that say nothing of ports, network instances and apps' interfaces: kept and given back. */
export interface FieldElsewhere {
  readonly path: string;
  /** Who reads it, or what it is about. */
  readonly about: string;
}

const honoured = (path: string, meaning: string, byDefault = '', rules: readonly FieldRule[] = []): FieldReference => ({
  path,
  handling: 'honoured',
  meaning,
  byDefault,
  notice: '',
  rules,
});
const warned = (path: string, meaning: string, notice: string): FieldReference => ({
  ...{ path, handling: 'warned', meaning, byDefault: '', notice, rules: [] },
});
/** Warned of only where the value asks for what does not come about. */
const warnedWhen = (path: string, meaning: string, when: FieldRule['when'], notice: string): FieldReference => ({
  ...{ path, handling: 'warned', meaning, byDefault: '', notice: '', rules: [{ kind: 'warned', when, notice }] },
});

/** What the host must see to. It is compared with what the port has. */
const comparedWithPort = (path: string, meaning: string, notice: string): FieldReference =>
  honoured(path, meaning, '', [{ kind: 'warned', when: () => true, notice }]);

const HOST_CONFIGURES =
  "the host's network manager gives ports their addresses, and must do so: nothing here does; status says where a port has another";
const HOST_MAKES_VLANS = 'the host must make the VLAN interface with this tag: nothing here does';
const HOST_MAKES_BONDS = 'the host must make the bond with this setting: nothing here does';
export const NO_VLANS = 'VLANs of a switch are not built';
const LISP = 'LISP is gone from EVE, and not built here';

/** Network instances that exist are built whole or not at all: nothing may look as if it worked. */
const kindRules: readonly FieldRule[] = [
  {
    kind: 'refused',
    when: (value, { activate, wireguard }) =>
      value === ZNetworkInstType.ZnetInstCloud && activate === true && wireguard === undefined,
    notice:
      'of network instances of type cloud (VPN) those with a WireGuard tunnel are built: set `wireguard`, or `activate` to false',
  },
];

function isActiveSwitch({ instType, activate }: Readonly<Record<string, unknown>>): boolean {
  return instType === ZNetworkInstType.ZnetInstSwitch && activate === true;
}

function hasGuardedPorts(stp: unknown): boolean {
  return typeof stp === 'object' && stp !== null && 'portsWithBpduGuard' in stp && stp.portsWithBpduGuard !== '';
}

/** DHCP hands out NTP servers by address (RFC 2132). */
const nameOfTimeServer: readonly FieldRule[] = [
  {
    kind: 'warned',
    when: (value) => typeof value === 'string' && !isIPv4(value),
    notice: 'apps are told time servers by IPv4 address only: a name is not handed out',
  },
];

function isCustomProbe(probe: unknown): boolean {
  const unspecified = ConnectivityProbeMethod.CONNECTIVITY_PROBE_METHOD_UNSPECIFIED;
  return isProbe(probe) && probe.probeMethod !== unspecified;
}

function isProbe(probe: unknown): probe is Pick<ConnectivityProbe, 'probeMethod'> {
  return typeof probe === 'object' && probe !== null && 'probeMethod' in probe;
}

function isIpv6Destination(destination: unknown): boolean {
  return typeof destination === 'string' && destination.includes(':') && !isDefaultDestination(destination);
}

const destinationRules: readonly FieldRule[] = [
  {
    kind: 'warned',
    when: (value) => isIpv6Destination(value),
    notice: 'network instances leave by IPv4 only: the route is not made',
  },
  {
    kind: 'warned',
    when: (value, { gateway, port }) =>
      !isDefaultDestination(value) && !isIpv6Destination(value) && gateway === '' && port === '',
    notice: 'the route names neither gateway nor port, and is not made',
  },
];

const ports: readonly FieldReference[] = [
  honoured('systemAdapterList[].name', "the port's logical label, by which everything else names it"),
  honoured(
    'systemAdapterList[].freeUplink',
    'priority 0, where some physical port has freeUplink set and no cost or fallBackPriority is given',
    'false',
  ),
  honoured(
    'systemAdapterList[].uplink',
    'a management port, where its usage permits it; gives it the label `uplink`',
    'false',
  ),
  honoured('systemAdapterList[].networkUUID', 'the entry of `networks` that says how it is addressed', 'not addressed'),
  comparedWithPort('systemAdapterList[].addr', 'address of the port', HOST_CONFIGURES),
  honoured(
    'systemAdapterList[].lowerLayerName',
    'label of the physical port, VLAN or bond under it',
    'the one called as the port',
  ),
  honoured('systemAdapterList[].cost', 'priority, 0 is best; above 255 counts as 255', '0'),
  honoured('systemAdapterList[].sharedLabels[]', 'further labels by which network instances may ask for the port'),

  honoured(
    'deviceIoList[].phyaddrs',
    "`ifname`: the interface's name in the kernel. `MAC`, `UsbAddr` (`1:1.2`), `PciLong` (`0000:02:00.0`): the port is " +
      'the interface of that hardware, whatever it is called; until there is one it carries nothing',
  ),
  honoured('deviceIoList[].logicallabel', 'the label by which SystemAdapters, VLANs and bonds name it'),
  honoured(
    'deviceIoList[].usage',
    'management and apps, apps only (shared), management only, dedicated to an app, disabled',
    'management and apps',
  ),
  honoured(
    'deviceIoList[].usagePolicy.freeUplink',
    'priority 0 where no cost or fallBackPriority is given; where any port has it, the ones without count as 1',
    'false',
  ),
  honoured(
    'deviceIoList[].usagePolicy.fallBackPriority',
    'priority, 0 is best; above cost and freeUplink; above 255 counts as 255',
    'cost, else the rule of freeUplink',
  ),
  honoured('deviceIoList[].usagePolicy.allowedOperations[]', 'operations that may use the port', 'every operation'),
  honoured(
    'deviceIoList[].usagePolicy.monthlyTestBytes',
    'bytes that tests over the port may take in 30 days',
    '20 MB at priority 0, else 5 MB',
  ),
  honoured(
    'deviceIoList[].usagePolicy.tariff.pricePerGb',
    'of a GB (10^9 bytes, both ways) beyond what is included',
    '0',
  ),
  honoured('deviceIoList[].usagePolicy.tariff.currency', 'as `report` shows it; at most 8 characters', 'none'),
  honoured('deviceIoList[].usagePolicy.tariff.includedBytes', "bytes of a bill's month that cost no more", '0'),
  honoured(
    'deviceIoList[].usagePolicy.tariff.billingDay',
    "day on which the bill's month begins, 1 to 28",
    'the first',
  ),
  warned(
    'deviceIoList[].vflist.**',
    'virtual functions of a network card',
    'virtual functions are not made: the host must make them',
  ),

  honoured('vlans[].logicallabel', 'the label by which SystemAdapters name it'),
  honoured('vlans[].interfaceName', "the interface's name in the kernel; the host makes the interface"),
  honoured('vlans[].lowerLayerName', 'label of the physical port or bond under it, whose usage and policy count'),
  warned('vlans[].vlanId', 'tag of the VLAN', HOST_MAKES_VLANS),
  honoured('bonds[].logicallabel', 'the label by which SystemAdapters and VLANs name it'),
  honoured('bonds[].interfaceName', "the interface's name in the kernel; the host makes the interface"),
  honoured('bonds[].lowerLayerNames[]', 'labels of the ports under it; usage and policy of the first count'),
  warned('bonds[].bondMode', 'how the bond shares its traffic', HOST_MAKES_BONDS),
  warned('bonds[].mii.**', 'how the bond watches its links', HOST_MAKES_BONDS),
  warned('bonds[].arp.**', 'how the bond watches its links', HOST_MAKES_BONDS),
  warned('bonds[].lacpRate', 'how often LACP is spoken', HOST_MAKES_BONDS),

  honoured('networks[].id', 'the UUID by which SystemAdapters name it'),
  warnedWhen(
    'networks[].type',
    'IPv4, IPv6 or both',
    (value) => value === NetworkType.V6 || value === NetworkType.V6Only || value === NetworkType.CryptoV6,
    'network instances leave by IPv4 only: over this port they find no way out',
  ),
  honoured(
    'networks[].ip.dhcp',
    "what status says of the port's addressing; Static also makes `gateway` count. The host configures the port",
    'no addressing',
  ),
  comparedWithPort('networks[].ip.subnet', "with Static: the port's subnet", HOST_CONFIGURES),
  honoured('networks[].ip.gateway', 'with Static: the gateway, where the kernel has no default route for the port'),
  warned(
    'networks[].ip.domain',
    'search domain',
    'the device looks names up as its host is set up: the search domain is not used',
  ),
  honoured(
    'networks[].ip.ntp',
    "time server, by address: told to the apps that may use the port, after their network instance's own. The host sets its own clock",
    'none',
    nameOfTimeServer,
  ),
  honoured('networks[].ip.moreNtp[]', 'further time servers, likewise', '', nameOfTimeServer),
  honoured('networks[].ip.dns[]', "the port's name servers, after those of its lease"),
  warned('networks[].ip.dhcpRange.**', 'range of a DHCP server', 'no DHCP server runs on a port'),
  warned(
    'networks[].ip.dhcpOptionsIgnore.**',
    'which parts of a lease the configuration replaces',
    "the host's DHCP client takes the whole lease: nothing of it is left out",
  ),
  warned(
    'networks[].dns[].**',
    "static names for the device's own look-ups",
    'static names of a network are not used: names are asked at the servers of the port',
  ),
  warnedWhen(
    'networks[].entProxy.networkProxyEnable',
    'discovery of a proxy (WPAD)',
    (value) => value === true,
    'proxies are not discovered (WPAD): name them in `proxies`',
  ),
  honoured(
    'networks[].entProxy.proxies[].proto',
    'PROXY_HTTP: for http://, asked with the whole URL. PROXY_HTTPS: for https://, by CONNECT, the target proving itself. The first of each counts',
    'PROXY_HTTP',
    [
      {
        kind: 'warned',
        when: (value) => value !== proxyProto.PROXY_HTTP && value !== proxyProto.PROXY_HTTPS,
        notice: 'only proxies of type PROXY_HTTP and PROXY_HTTPS are used: what is asked goes straight',
      },
    ],
  ),
  honoured(
    'networks[].entProxy.proxies[].server',
    "name or address of the proxy. The controller's test and downloads over the port go by it",
    'none',
    [
      {
        kind: 'refused',
        when: (value) => String(value).includes('@'),
        notice:
          'must hold no user name or password: logins to proxies are not built; let the proxy admit this device by its address',
      },
      {
        kind: 'refused',
        when: (value, { port }) =>
          !String(value).includes('@') && proxyAddress(String(value), Number(port)) === undefined,
        notice:
          'must be a host name or an address, with a port from 1 to 65535 in `port`; TLS to the proxy itself is not built',
      },
      {
        kind: 'warned',
        when: () => true,
        notice:
          'apps are not proxied: without a target of their own (`test.target`) network instances go by link and address over this port, and not by the controller',
      },
    ],
  ),
  honoured('networks[].entProxy.proxies[].port', 'its TCP port', 'none', [
    { kind: 'refused', when: (_value, { server }) => server === '', notice: 'is that of no `server`' },
  ]),
  honoured(
    'networks[].entProxy.exceptions',
    'what is reached straight, separated by commas: a name with all below it, with a leading dot what is below it alone; an address; a network; `*`. Each may end in `:port`',
    'none',
    [
      {
        kind: 'refused',
        when: (value) => {
          const exceptions = exceptionsIn(String(value));
          return exceptions.length > MOST_EXCEPTIONS || !exceptions.every(isException);
        },
        notice: `must be names, addresses, networks or *, separated by commas, ${MOST_EXCEPTIONS} at most`,
      },
    ],
  ),
  warned(
    'networks[].entProxy.pacfile',
    'rules for proxies, as a program',
    'PAC is not evaluated: name the proxies in `proxies`, what goes straight in `exceptions`',
  ),
  warned(
    'networks[].entProxy.networkProxyURL',
    'where such a program is',
    'PAC is not evaluated: name the proxies in `proxies`, what goes straight in `exceptions`',
  ),
  honoured(
    'networks[].entProxy.proxyCertPEM[]',
    'who may have signed what servers show through the proxies, beside whoever is trusted anyway',
    '',
    [
      {
        kind: 'refused',
        when: (value, { proxyCertPEM }) =>
          (Array.isArray(proxyCertPEM) && proxyCertPEM.length > MOST_CERTIFICATES) ||
          !(value instanceof Uint8Array && isCertificate(Buffer.from(value).toString('utf8'))),
        notice: `must be a certificate in PEM form, ${MOST_CERTIFICATES} at most`,
      },
    ],
  ),
  warned('networks[].wireless.**', 'modem and WiFi settings', 'the host must set up modem and WiFi: nothing here does'),
  comparedWithPort(
    'networks[].mtu',
    'MTU of the port',
    'the host sets the MTU of ports, and must do so: nothing here does; status says where a port has another',
  ),

  warned('pnacs[].**', '802.1X on ports', 'the host must run 802.1X: nothing here does'),
  warned(
    'scepProfiles[].**',
    'certificates for 802.1X',
    'certificates for 802.1X are not enrolled: the host must do so',
  ),
];

const networkInstances: readonly FieldReference[] = [
  honoured('networkInstances[].uuidandversion.uuid', 'its identity'),
  honoured('networkInstances[].displayname', 'its name in status, explain and policy; unique'),
  honoured(
    'networkInstances[].instType',
    'local: bridge, addresses, names, NAT, failover; switch: a bridge with its port in it, access lists, and no addresses, names or NAT by the device; cloud: as local, and all that apps send goes into the tunnel of `wireguard`. Cloud without `wireguard` is not built: refused where it is active. Other kinds are refused',
    '',
    kindRules,
  ),
  honoured('networkInstances[].activate', 'whether it exists in the kernel', 'false'),
  honoured(
    'networkInstances[].port.name',
    'the label of the ports it may use; of a switch a label that one port has: a bridge of the host, or an interface without addresses',
    'air-gapped',
  ),
  warned('networkInstances[].port.ethVf.**', 'virtual function', 'virtual functions are not made'),
  {
    ...warned('networkInstances[].stp.**', 'spanning tree of a switch with several ports', ''),
    handling: 'refused',
    rules: [
      {
        kind: 'refused',
        when: (value, instance) => isActiveSwitch(instance) && hasGuardedPorts(value),
        notice: 'spanning tree is not built: a switch has one port at most, and takes no BPDU from its apps',
      },
      {
        kind: 'warned',
        when: (value, instance) => !isActiveSwitch(instance) && hasGuardedPorts(value),
        notice: 'spanning tree is of switches, and not built',
      },
    ],
  },
  warned(
    'networkInstances[].cfg.**',
    "IPsec tunnel of a cloud network instance, in EVE's form",
    'IPsec is not built: nothing is encrypted by what stands here; `wireguard` is',
  ),
  honoured('networkInstances[].ipType', 'of a local or cloud one: IPV4 only, IPv6 is refused', 'IPV4'),
  warnedWhen(
    'networkInstances[].ip.dhcp',
    'how apps get their addresses',
    (value) => value === DHCPType.Static || value === DHCPType.DHCPNone,
    'apps of a local network instance always get their addresses by DHCP',
  ),
  honoured('networkInstances[].ip.subnet', 'IPv4 network of a local or cloud one, /8 to /30; none may overlap another'),
  honoured('networkInstances[].ip.gateway', 'address of its bridge', "the subnet's first host"),
  honoured('networkInstances[].ip.domain', "the apps' domain (DHCP)", 'none'),
  honoured(
    'networkInstances[].ip.ntp',
    "the apps' time server (DHCP option 42), by address; those of its ports, of their configuration and their leases, follow, as many as fit",
    'none',
    nameOfTimeServer,
  ),
  honoured('networkInstances[].ip.moreNtp[]', 'further time servers, likewise', '', nameOfTimeServer),
  honoured(
    'networkInstances[].ip.dns[]',
    'name servers that its dnsmasq asks; of a cloud one inside the tunnel',
    'those of the port in use; of a cloud one none',
  ),
  honoured('networkInstances[].ip.dhcpRange.start', 'first address that apps may get', "the subnet's first"),
  honoured('networkInstances[].ip.dhcpRange.end', 'last address that apps may get', "the subnet's last"),
  warned(
    'networkInstances[].ip.dhcpOptionsIgnore.**',
    'says nothing of a network instance',
    'says nothing of a network instance',
  ),
  honoured('networkInstances[].dns[].HostName', 'name that its dnsmasq answers by itself'),
  honoured('networkInstances[].dns[].Address[]', 'the addresses of that name'),
  honoured(
    'networkInstances[].propagateConnectedRoutes',
    "apps are told the routes to the subnets of the network instance's ports (DHCP option 121)",
    'false',
  ),
  honoured(
    'networkInstances[].staticRoutes[].destinationNetwork',
    'IPv4 network of the route, each once, outside of the own subnet; the longest prefix counts. Empty, 0.0.0.0/0, ::/0: the default route. Apps are told of it (DHCP option 121); a default route of its own makes that they get one in any case',
    'default route',
    destinationRules,
  ),
  honoured(
    'networkInstances[].staticRoutes[].gateway',
    'next hop, in the network of a port that the network instance may use, or an app of its own; not beside `port`. By a router it is a selection of its own among the ports that have it in their network; what it does not lead to now is rejected. Of the default route: the network instance uses only ports whose network has that router, or sends all to that app, which is not pinged',
    'none',
    [
      {
        kind: 'warned',
        when: (_value, { destinationNetwork, probe }) =>
          !isDefaultDestination(destinationNetwork) && isCustomProbe((probe as PortProbe | undefined)?.customProbe),
        notice:
          'a route by a gateway is tested by a ping of that gateway (enableGwPing) alone: its custom probe is not used',
      },
    ],
  ),
  honoured(
    'networkInstances[].staticRoutes[].port',
    'label of the ports of the route, of those that the network instance may use: a selection of its own, with a standby in the kernel. Of the default route: the network instance uses only ports that have it, too. Not beside `gateway`',
    'none',
  ),
  honoured(
    'networkInstances[].staticRoutes[].probe.enableGwPing',
    "where no target is named, a port works for the route while its gateway (or the route's) answers pings. Of the default route only where the controller's ping is no test of the port: that proves more. A gateway that answers proves nothing about what is behind it",
    'false',
    [
      {
        kind: 'warned',
        when: (_value, { customProbe }) => isCustomProbe(customProbe),
        notice: 'the custom probe is the test, and proves more: the gateway is not pinged',
      },
    ],
  ),
  honoured(
    'networkInstances[].staticRoutes[].probe.gwPingMaxCost',
    'the highest priority of ports whose gateway is pinged; the others go by link and address',
    '0',
  ),
  honoured(
    'networkInstances[].staticRoutes[].probe.customProbe.probeMethod',
    'of the default route: ICMP or TCP to the endpoint is its test, where `test.target` names none; of a route by a label: its test',
    'none; a route by a label goes by a ping of the gateway, or by what is known of its ports',
  ),
  honoured('networkInstances[].staticRoutes[].probe.customProbe.probeEndpoint.host', 'whom to ask'),
  honoured('networkInstances[].staticRoutes[].probe.customProbe.probeEndpoint.port', 'TCP port'),
  honoured(
    'networkInstances[].staticRoutes[].preferLowerCost',
    'of a route by a label: the lowest priority that works is used. A default route that names no label always prefers it',
    'the port in use stays as long as it works, whatever the others cost',
  ),
  warned(
    'networkInstances[].staticRoutes[].preferStrongerWwanSignal',
    'signal strength',
    'signal strength is not known, and no reason for a port',
  ),
  honoured(
    'networkInstances[].mtu',
    'MTU of bridge and apps (DHCP option 26); 576 to 65535. Higher than the lowest of its ports, less 60 for a tunnel: lowered to that, and status says so',
    'the lowest of its ports; 1500 without a port; of a tunnel 1420, or the lowest of its ports less 60',
  ),
  honoured(
    'networkInstances[].wireguard.privateKeyFile',
    'absolute path of a file on the device that has the private key, as `wg genkey` prints it; nobody but root may read it',
  ),
  honoured(
    'networkInstances[].wireguard.addresses[]',
    'IPv4 addresses of this end inside the tunnel, in no subnet of a network instance; apps leave with the first',
  ),
  honoured('networkInstances[].wireguard.peers[].publicKey', 'who the peer is: 32 bytes in base64'),
  honoured(
    'networkInstances[].wireguard.peers[].endpoint',
    'host:port; a name is asked for over the port in use, and again where the peer falls silent',
  ),
  honoured(
    'networkInstances[].wireguard.peers[].keepalive',
    'time between packets that keep the way back open, whole seconds; 0: none',
    '25 s',
  ),
  honoured(
    'networkInstances[].wireguard.peers[].allowedPrefixes[]',
    'IPv4 networks behind the peer, each of one peer; apps are told of them (DHCP option 121, or a default route for 0.0.0.0/0)',
  ),
  honoured(
    'networkInstances[].wireguard.routed',
    'apps keep their addresses inside the tunnel, and may be reached from there as their access lists say',
    'false: they leave with the first address',
  ),
  {
    ...warned('networkInstances[].vlanAccessPorts[].**', 'VLANs of a switch', ''),
    handling: 'refused',
    rules: [
      {
        kind: 'refused',
        when: (_value, instance) => isActiveSwitch(instance),
        notice: `${NO_VLANS}: make an interface for the VLAN on the host, and name it as the port`,
      },
      { kind: 'warned', when: (_value, instance) => !isActiveSwitch(instance), notice: NO_VLANS },
    ],
  },
  honoured('networkInstances[].forwardLldp', 'of a switch: LLDP frames pass between its port and its apps', 'false', [
    {
      kind: 'warned',
      when: (_value, { instType }) => instType !== ZNetworkInstType.ZnetInstSwitch,
      notice: 'LLDP frames are forwarded by switches only',
    },
  ]),
  honoured(
    'networkInstances[].allowedPriorities.priorities[]',
    'priorities of ports that it may use; an empty set permits none',
    'those of the operation app traffic',
  ),
  honoured(
    'networkInstances[].test.target',
    'https://, http://, tcp://host:port, icmp://host or an address; of these https:// alone proves who answers. Of a cloud network instance outside of its tunnel',
    "the controller's ping where the port may carry it, else link and address",
  ),
  honoured(
    'networkInstances[].test.furtherTargets[]',
    'further targets, tested in the same way; 7 at most; one that fails over every port counts for nobody',
    'none',
  ),
  honoured(
    'networkInstances[].test.targetsNeeded',
    'how many of all targets have to answer over a port for it to work: 1 is any, their number is all',
    '1',
  ),
  honoured(
    'networkInstances[].test.payloadBytes',
    'data of keepalive probes and of icmp tests, 0 to 1,372 bytes; probes are as much more seldom as they are dearer',
    '0',
  ),
  honoured('networkInstances[].test.interval', 'time between two tests', "as the port's price and its state say"),
  honoured(
    'networkInstances[].test.timeout',
    'time limit of an attempt, 10 intervals at most',
    "learned from the path's answers",
  ),
  honoured('networkInstances[].test.failAfter', 'full tests in a row that fail before FAILING, 1 to 100', '3'),
  honoured(
    'networkInstances[].test.recoverAfter',
    'full tests in a row that succeed before WORKING again, 1 to 100',
    '2',
  ),
  honoured(
    'networkInstances[].test.drain',
    'how long flows stay on a port that is left while it is permitted and works; 0: they move at once',
    '5 min',
  ),
  honoured(
    'networkInstances[].test.failbackHold',
    'the longest that a better port must work before traffic goes back: three times as long as it was away',
    '30 s',
  ),
  honoured(
    'networkInstances[].test.failoverHold',
    'how long a port that does not work is kept before a costlier one is taken; the kernel then does not go over to a costlier one by itself',
    '0 s',
  ),
  honoured(
    'networkInstances[].test.lossThresholdPercent',
    "a port that works and loses this share of its last 60 tests' packets, 1 to 100, is left for one that is known to lose less; `test.interval` says how often is measured",
    'never',
  ),
  honoured('networkInstances[].test.lossClearPercent', 'below it the port is good again', 'half of the threshold'),
  honoured(
    'networkInstances[].test.latencyThreshold',
    'the same of the smoothed round trip of keepalive probes, or of full tests where there are none; 1 ms to 60 s',
    'never',
  ),
  honoured(
    'networkInstances[].test.latencyClear',
    'below it the port is good again',
    'three quarters of the threshold',
  ),

  honoured('operationPolicies[].operation', 'the operation that is limited'),
  honoured(
    'operationPolicies[].allowed.priorities[]',
    'priorities of ports it may use; an empty set permits none',
    'the default',
  ),
];

const apps: readonly FieldReference[] = [
  honoured('apps[].uuidandversion.uuid', 'its identity'),
  honoured('apps[].displayname', 'its name', 'its UUID'),
  honoured('apps[].activate', 'whether its leases and port maps exist', 'false'),
  honoured('apps[].interfaces[].name', "the interface's name; unique in the app"),
  honoured('apps[].interfaces[].networkId', 'UUID of its network instance'),
  honoured('apps[].interfaces[].addr', 'its address, by a static lease', "one of the network instance's range"),
  honoured('apps[].interfaces[].hostname', 'its name in the DNS of the network instance', 'none'),
  warned('apps[].interfaces[].cryptoEid', 'LISP', LISP),
  warned('apps[].interfaces[].lispsignature', 'LISP', LISP),
  warned('apps[].interfaces[].pemcert', 'LISP', LISP),
  warned('apps[].interfaces[].pemprivatekey', 'LISP', LISP),
  honoured(
    'apps[].interfaces[].macAddress',
    'its MAC address, by which it gets its lease',
    'made of app and interface, always the same',
  ),
  honoured(
    'apps[].interfaces[].acls[].matches[].type',
    'ip, host, eidset, protocol, lport, fport or adapter; each once in an entry, all of them must hold',
    'an entry without matches matches everything',
  ),
  honoured(
    'apps[].interfaces[].acls[].matches[].value',
    'an address or prefix; a name; nothing; a protocol; a port or a range `8000-8010`; a label of ports',
  ),
  honoured('apps[].interfaces[].acls[].actions[].drop', 'denies, without an answer to the sender', 'allow'),
  honoured(
    'apps[].interfaces[].acls[].actions[].limit',
    'allows at a rate, each way; what is beyond is dropped',
    'false',
  ),
  honoured('apps[].interfaces[].acls[].actions[].limitrate', 'packets in a unit'),
  honoured('apps[].interfaces[].acls[].actions[].limitunit', 's, m, h or d'),
  honoured('apps[].interfaces[].acls[].actions[].limitburst', 'packets at once', '5'),
  honoured('apps[].interfaces[].acls[].actions[].portmap', 'makes the entry a port map', 'false'),
  honoured('apps[].interfaces[].acls[].actions[].appPort', "the app's own port"),
  honoured('apps[].interfaces[].acls[].dir', 'INGRESS: flows that others begin; EGRESS: those of the app', 'BOTH'),
  honoured(
    'apps[].interfaces[].acls[].id',
    'names the entry in counters and explanations: 1 to 16777215, unique in the list',
    'the place of the entry',
  ),
  honoured('apps[].interfaces[].acls[].name', 'for people, in explanations'),
  warned('apps[].interfaces[].accessVlanId', 'VLAN of a switch; refused of apps of an active one', NO_VLANS),
  warned(
    'apps[].interfaces[].allowToDiscover',
    'whether the app may ask about the others',
    'there is no metadata service that an app could ask',
  ),
];

const settings: readonly FieldReference[] = [
  honoured(
    'id.uuid',
    "the device: a push with another device's, or with none where the one in force has one, is refused",
    'any device',
    [{ kind: 'refused', when: (id) => !isUuid(String(id)), notice: 'must be a UUID' }],
  ),
  honoured('configItems[].key', 'which setting: see below; others about the network are warned of', '', [
    {
      kind: 'warned',
      when: (key) => networkSettingPrefixes.some((prefix) => String(key).startsWith(prefix)) && !isReadSetting(key),
      notice: 'this setting is not read',
    },
  ]),
  honoured('configItems[].value', 'its value'),
];

/** Every field of EdgeDevConfig that concerns the network, in the order in which the reference tells of them. */
export const fieldReferences: readonly FieldReference[] = [...ports, ...networkInstances, ...apps, ...settings];

/** The settings (EVE's configItems) that are read. */
export const configItemReferences: readonly {
  readonly key: string;
  readonly meaning: string;
  readonly byDefault: string;
}[] = [
  {
    key: 'network.download.max.cost',
    meaning: 'downloads without a policy of their own may use ports up to this priority; 0 to 255',
    byDefault: '0',
  },
  {
    key: 'timer.port.testinterval',
    meaning: 'seconds between two tests of a port with the controller; 1 to 3600',
    byDefault: "as the port's price and state say",
  },
  {
    key: 'timer.port.timeout',
    meaning: 'time limit of such a test in seconds; 0 to 3600, 0: none in particular',
    byDefault: "learned from the path's answers",
  },
];

/**
 * Settings about the network begin like this (EVE, CONFIG-PROPERTIES.md); those that are not read are warned of. All
 * others say nothing of the network.
 */
export const networkSettingPrefixes: readonly string[] = [
  'network.',
  'timer.port.',
  'wwan.',
  'debug.disable.dhcp.',
  'app.enable.tcp.mss.clamping',
];

function isReadSetting(key: unknown): boolean {
  return configItemReferences.some((reference) => reference.key === key);
}

const appBesidesNetwork = [
  'fixedresources',
  'drives[]',
  'restart',
  'purge',
  'userData',
  'remoteConsole',
  'cipherData',
  'volumeRefList[]',
  'metaDataType',
  'profileList[]',
  'startDelayInSeconds',
  'service',
  'cloudInitVersion',
  'snapshot',
  'patchRef',
  'designatedNodeId',
  'vmResolution',
  'runtimeType',
  'affinity',
];

const deviceBesidesNetwork = [
  'reboot',
  'backup',
  'shutdown',
  'manufacturer',
  'productName',
  'cipherContexts[]',
  'controllercertConfighash',
  'maintenanceMode',
  'controllerEpoch',
  'globalProfile',
  'localProfileServer',
  'profileServerToken',
  'edgeview',
  'disks',
  'deviceName',
  'projectName',
  'projectId',
  'enterpriseName',
  'enterpriseId',
  'configTimestamp',
  'locConfig',
  'patchEnvelopes[]',
  'cluster',
];

/** Single fields in the midst of those that concern the network. */
const besideNetwork: readonly FieldElsewhere[] = [
  { path: 'systemAdapterList[].alias', about: 'a name for people' },
  {
    path: 'systemAdapterList[].allowLocalModifications',
    about: 'changes made at the device, which has no way to make any',
  },
  { path: 'deviceIoList[].ptype', about: 'kind of hardware, for the device model' },
  { path: 'deviceIoList[].phylabel', about: 'what stands on the case' },
  { path: 'deviceIoList[].assigngrp', about: 'which hardware goes to an app together' },
  { path: 'deviceIoList[].cbattr', about: 'attributes for the device model' },
  { path: 'deviceIoList[].parentassigngrp', about: 'group of the parent device' },
  { path: 'networkInstances[].uuidandversion.version', about: 'counted by the controller' },
  { path: 'networkInstances[].port.type', about: 'kind of adapter; the label says which' },
  { path: 'networkInstances[].port.interfaceOrder', about: 'order of interfaces in an app' },
  { path: 'networkInstances[].disableFlowlog', about: 'comes about in any case: there is no flow log' },
  { path: 'apps[].uuidandversion.version', about: 'counted by the controller' },
  { path: 'apps[].interfaces[].interfaceOrder', about: 'order of interfaces in the app' },
  { path: 'apps[].adapters[]', about: 'hardware that goes to the app directly' },
  { path: 'apps[].collectStatsIPAddr', about: 'where EVE asks the app for figures' },
  { path: 'id.version', about: 'counted by the controller' },
];

const ABOUT_DOWNLOADS = 'read by `eve-uplink download --content-tree`';

/** All other fields of EdgeDevConfig; each stands for what is below it. */
export const fieldsElsewhere: readonly FieldElsewhere[] = [
  ...['datastores[]', 'contentInfo[]', 'baseos', 'base[]', 'volumes[]'].map((path) => ({
    path,
    about: ABOUT_DOWNLOADS,
  })),
  ...deviceBesidesNetwork.map((path) => ({ path, about: 'the device' })),
  ...besideNetwork,
  ...appBesidesNetwork.map((name) => ({ path: `apps[].${name}`, about: 'what an app runs on' })),
];
