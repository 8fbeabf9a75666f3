/**
 * What becomes of a field of EdgeDevConfig that concerns the network.
 *
 * - `honoured`: what it says comes about;
 * - `refused`: a configuration that sets it is refused;
 * - `warned`: a push that sets it succeeds and says that the field has no effect;
 * - `ignored`: it is kept, given back by `config get`, and has no effect; nothing is said.
 */
export type FieldHandling = 'honoured' | 'refused' | 'warned' | 'ignored';

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
}

/** Fields of EdgeDevConfig that say nothing of ports, network instances and apps' interfaces: kept and given back. */
export interface FieldElsewhere {
  readonly path: string;
  /** Who reads it, or what it is about. */
  readonly about: string;
}

const honoured = (path: string, meaning: string, byDefault = ''): FieldReference => ({
  path,
  handling: 'honoured',
  meaning,
  byDefault,
});
const ignored = (path: string, meaning: string, byDefault = ''): FieldReference => ({
  path,
  handling: 'ignored',
  meaning,
  byDefault,
});

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
  ignored('systemAdapterList[].addr', "static address; the host's own network manager gives ports their addresses"),
  ignored('systemAdapterList[].alias', 'another name, for people'),
  honoured(
    'systemAdapterList[].lowerLayerName',
    'label of the physical port, VLAN or bond under it',
    'the one called as the port',
  ),
  honoured('systemAdapterList[].cost', 'priority, 0 is best; above 255 counts as 255', '0'),
  honoured('systemAdapterList[].sharedLabels[]', 'further labels by which network instances may ask for the port'),
  ignored('systemAdapterList[].allowLocalModifications', 'whether the port may be changed at the device'),

  ignored('deviceIoList[].ptype', 'kind of hardware'),
  ignored('deviceIoList[].phylabel', 'what stands on the case'),
  honoured(
    'deviceIoList[].phyaddrs',
    "`ifname`: the interface's name in the kernel. `MAC`, `UsbAddr` (`1:1.2`), `PciLong` (`0000:02:00.0`): the port is " +
      'the interface of that hardware, whatever it is called; until there is one it carries nothing',
  ),
  honoured('deviceIoList[].logicallabel', 'the label by which SystemAdapters, VLANs and bonds name it'),
  ignored('deviceIoList[].assigngrp', 'which hardware goes to an app together'),
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
  ignored('deviceIoList[].cbattr', 'attributes for the device model'),
  ignored('deviceIoList[].vflist.**', 'virtual functions of a network card'),
  ignored('deviceIoList[].parentassigngrp', 'group of the parent device'),

  honoured('vlans[].logicallabel', 'the label by which SystemAdapters name it'),
  honoured('vlans[].interfaceName', "the interface's name in the kernel; the host makes the interface"),
  honoured('vlans[].lowerLayerName', 'label of the physical port or bond under it, whose usage and policy count'),
  ignored('vlans[].vlanId', 'the host makes the interface'),
  honoured('bonds[].logicallabel', 'the label by which SystemAdapters and VLANs name it'),
  honoured('bonds[].interfaceName', "the interface's name in the kernel; the host makes the interface"),
  honoured('bonds[].lowerLayerNames[]', 'labels of the ports under it; usage and policy of the first count'),
  ignored('bonds[].bondMode', 'the host makes the interface'),
  ignored('bonds[].mii.**', 'the host makes the interface'),
  ignored('bonds[].arp.**', 'the host makes the interface'),
  ignored('bonds[].lacpRate', 'the host makes the interface'),

  honoured('networks[].id', 'the UUID by which SystemAdapters name it'),
  ignored('networks[].type', 'IPv4, IPv6 or both; a port has what the host gives it'),
  honoured(
    'networks[].ip.dhcp',
    "what status says of the port's addressing; Static also makes `gateway` count. The host configures the port",
    'no addressing',
  ),
  ignored('networks[].ip.subnet', "a port's subnet is that of its address in the kernel"),
  honoured('networks[].ip.gateway', 'with Static: the gateway, where the kernel has no default route for the port'),
  ignored('networks[].ip.domain', 'search domain'),
  ignored('networks[].ip.ntp', 'time server'),
  ignored('networks[].ip.moreNtp[]', 'further time servers'),
  honoured('networks[].ip.dns[]', "the port's name servers, after those of its lease"),
  ignored('networks[].ip.dhcpRange.**', 'says nothing of a port'),
  ignored('networks[].ip.dhcpOptionsIgnore.**', 'which parts of a lease the configuration replaces'),
  ignored('networks[].dns[].**', "static names for the device's own look-ups"),
  ignored('networks[].entProxy.**', 'proxy for the device: tests and downloads go straight'),
  ignored('networks[].wireless.**', 'modem and WiFi settings; the host runs them'),
  ignored('networks[].mtu', 'the host configures the port'),

  ignored('pnacs[].**', '802.1X on ports; the host runs it'),
  ignored('scepProfiles[].**', 'certificates for 802.1X'),
];

const networkInstances: readonly FieldReference[] = [
  honoured('networkInstances[].uuidandversion.uuid', 'its identity'),
  ignored('networkInstances[].uuidandversion.version', 'counted by the controller'),
  honoured('networkInstances[].displayname', 'its name in status, explain and policy; unique'),
  honoured(
    'networkInstances[].instType',
    'local: bridge, addresses, names, NAT, failover. Switch and cloud: the selection is made and shown, nothing is built. Other kinds are refused',
  ),
  honoured('networkInstances[].activate', 'whether it exists in the kernel', 'false'),
  ignored('networkInstances[].port.type', 'kind of adapter'),
  honoured('networkInstances[].port.name', 'the label of the ports it may use', 'air-gapped'),
  ignored('networkInstances[].port.ethVf.**', 'virtual function'),
  ignored('networkInstances[].port.interfaceOrder', 'order of interfaces'),
  ignored('networkInstances[].stp.**', 'spanning tree of a switch'),
  ignored('networkInstances[].cfg.**', 'tunnel of a cloud network instance'),
  honoured('networkInstances[].ipType', 'of a local one: IPV4 only, IPv6 is refused', 'IPV4'),
  ignored('networkInstances[].ip.dhcp', 'apps of a local one always get their addresses by DHCP'),
  honoured('networkInstances[].ip.subnet', 'IPv4 network of a local one, /8 to /30; none may overlap another'),
  honoured('networkInstances[].ip.gateway', 'address of its bridge', "the subnet's first host"),
  honoured('networkInstances[].ip.domain', "the apps' domain (DHCP)", 'none'),
  honoured(
    'networkInstances[].ip.ntp',
    "the apps' time server (DHCP option 42); a name is accepted and not handed out",
    'none',
  ),
  honoured('networkInstances[].ip.moreNtp[]', 'further time servers, likewise'),
  honoured('networkInstances[].ip.dns[]', 'name servers that its dnsmasq asks', 'those of the port in use'),
  honoured('networkInstances[].ip.dhcpRange.start', 'first address that apps may get', "the subnet's first"),
  honoured('networkInstances[].ip.dhcpRange.end', 'last address that apps may get', "the subnet's last"),
  ignored('networkInstances[].ip.dhcpOptionsIgnore.**', 'says nothing of a network instance'),
  honoured('networkInstances[].dns[].HostName', 'name that its dnsmasq answers by itself'),
  honoured('networkInstances[].dns[].Address[]', 'the addresses of that name'),
  ignored('networkInstances[].propagateConnectedRoutes', "routes to the ports' own subnets for apps"),
  honoured(
    'networkInstances[].staticRoutes[].destinationNetwork',
    "tells whether `probe` is the default route's (empty, 0.0.0.0/0, ::/0), which counts; no route is made",
    'default route',
  ),
  ignored('networkInstances[].staticRoutes[].gateway', 'no route is made'),
  ignored('networkInstances[].staticRoutes[].port', 'no route is made'),
  ignored(
    'networkInstances[].staticRoutes[].probe.enableGwPing',
    'a gateway that answers proves nothing and is not asked',
  ),
  ignored('networkInstances[].staticRoutes[].probe.gwPingMaxCost', 'goes with enableGwPing'),
  honoured(
    'networkInstances[].staticRoutes[].probe.customProbe.probeMethod',
    'of the default route: ICMP or TCP to the endpoint is its test, where `test.target` names none',
    'none',
  ),
  honoured('networkInstances[].staticRoutes[].probe.customProbe.probeEndpoint.host', 'whom to ask'),
  honoured('networkInstances[].staticRoutes[].probe.customProbe.probeEndpoint.port', 'TCP port'),
  ignored('networkInstances[].staticRoutes[].preferLowerCost', 'the lowest priority is always preferred'),
  ignored('networkInstances[].staticRoutes[].preferStrongerWwanSignal', 'signal strength is not known'),
  honoured('networkInstances[].mtu', 'MTU of bridge and apps (DHCP option 26); 576 to 65535', "the kernel's, 1500"),
  ignored('networkInstances[].disableFlowlog', 'there is no flow log'),
  ignored('networkInstances[].vlanAccessPorts[].**', 'VLANs of a switch'),
  ignored('networkInstances[].forwardLldp', 'of a switch'),
  honoured(
    'networkInstances[].allowedPriorities.priorities[]',
    'priorities of ports that it may use; an empty set permits none',
    'those of the operation app traffic',
  ),
  honoured(
    'networkInstances[].test.target',
    'https://, http://, tcp://host:port, icmp://host or an address',
    "the controller's ping where the port may carry it, else link and address",
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
  ignored('apps[].uuidandversion.version', 'counted by the controller'),
  honoured('apps[].displayname', 'its name', 'its UUID'),
  honoured('apps[].activate', 'whether its leases and port maps exist', 'false'),
  honoured('apps[].interfaces[].name', "the interface's name; unique in the app"),
  honoured('apps[].interfaces[].networkId', 'UUID of its network instance'),
  honoured('apps[].interfaces[].addr', 'its address, by a static lease', "one of the network instance's range"),
  honoured('apps[].interfaces[].hostname', 'its name in the DNS of the network instance', 'none'),
  ignored('apps[].interfaces[].cryptoEid', 'LISP, gone from EVE'),
  ignored('apps[].interfaces[].lispsignature', 'LISP, gone from EVE'),
  ignored('apps[].interfaces[].pemcert', 'LISP, gone from EVE'),
  ignored('apps[].interfaces[].pemprivatekey', 'LISP, gone from EVE'),
  honoured(
    'apps[].interfaces[].macAddress',
    'its MAC address, by which it gets its lease',
    'made of app and interface, always the same',
  ),
  honoured(
    'apps[].interfaces[].acls[].matches[].type',
    'of a port map: protocol, lport, adapter; others are refused there. **Of any other entry ignored: apps reach everything**',
  ),
  honoured('apps[].interfaces[].acls[].matches[].value', 'of a port map: tcp or udp; the port outside; a label'),
  ignored('apps[].interfaces[].acls[].actions[].drop', 'entries that deny are not built'),
  ignored('apps[].interfaces[].acls[].actions[].limit', 'rate limits are not built'),
  ignored('apps[].interfaces[].acls[].actions[].limitrate', 'rate limits are not built'),
  ignored('apps[].interfaces[].acls[].actions[].limitunit', 'rate limits are not built'),
  ignored('apps[].interfaces[].acls[].actions[].limitburst', 'rate limits are not built'),
  honoured('apps[].interfaces[].acls[].actions[].portmap', 'makes the entry a port map', 'false'),
  honoured('apps[].interfaces[].acls[].actions[].appPort', "the app's own port"),
  ignored('apps[].interfaces[].acls[].name', 'for people'),
  ignored('apps[].interfaces[].acls[].id', 'names the entry in logs of EVE'),
  ignored('apps[].interfaces[].acls[].dir', 'port maps are for what comes in'),
  ignored('apps[].interfaces[].accessVlanId', 'VLAN of a switch'),
  ignored('apps[].interfaces[].allowToDiscover', 'whether the app may ask about the others'),
  ignored('apps[].interfaces[].interfaceOrder', 'order of interfaces in the app'),
  ignored('apps[].adapters[].**', 'hardware that goes to the app directly, ports with it'),
  ignored('apps[].collectStatsIPAddr', 'where EVE asks the app for figures'),
];

const settings: readonly FieldReference[] = [
  honoured('configItems[].key', 'which setting: see below; other keys are ignored'),
  honoured('configItems[].value', 'its value'),
  ignored('id.**', "the device's UUID and the configuration's version at the controller"),
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

const ABOUT_DOWNLOADS = 'read by `eve-uplink download --content-tree`';

/** All other fields of EdgeDevConfig; each stands for what is below it. */
export const fieldsElsewhere: readonly FieldElsewhere[] = [
  ...['datastores[]', 'contentInfo[]', 'baseos', 'base[]', 'volumes[]'].map((path) => ({
    path,
    about: ABOUT_DOWNLOADS,
  })),
  ...deviceBesidesNetwork.map((path) => ({ path, about: 'the device' })),
  ...appBesidesNetwork.map((name) => ({ path: `apps[].${name}`, about: 'what an app runs on' })),
];
