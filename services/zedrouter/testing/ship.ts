import {
  defaultTestSettings,
  type AccessEntry,
  type App,
  type DeviceModel,
  type NetworkInstance,
  type Port,
  type PortMap,
} from '../../../lib/configuration/index.js';
import { EVERYTHING } from '../../../lib/configuration/testing/access-entry.js';
import { everywhere } from '../../../lib/netlink/index.js';
import type { PortFacts, RouteFacts, DesireInputs, Selection } from '../desired/inputs.js';
import { NO_IDS, idsFor } from '../ids/ids.js';

/** A ship in values: three ports, two network instances, two apps. What every test of the pure part starts from. */
export const NI_DEFAULT = '11111111-1111-4111-8111-111111111111';
export const NI_BUSINESS = '22222222-2222-4222-8222-222222222222';

export function port(label: string, priority: number, labels: readonly string[] = ['uplink']): Port {
  return {
    label,
    interfaceName: label,
    priority,
    isManagement: true,
    usage: 'management-and-apps',
    labels: [label, 'all', ...labels],
    allowedOperations: [],
    addressing: { kind: 'dhcp' },
    dnsServers: [],
    ntpServers: [],
  };
}

export function localInstance(id: string, name: string, thirdByte: number, portLabel = 'uplink'): NetworkInstance {
  const at = (lastByte: number) => `10.77.${thirdByte}.${lastByte}`;
  return {
    id,
    name,
    kind: 'local',
    active: true,
    portLabel,
    network: {
      subnet: at(0),
      prefixLength: 24,
      gateway: at(1),
      dhcpRange: { first: at(2), last: at(254) },
      dnsServers: [],
      staticDnsEntries: [],
      ntpServers: [],
      domainName: '',
    },
    allowedPriorities: undefined,
    test: defaultTestSettings,
    mtu: 0,
    propagatesConnectedRoutes: false,
    staticRoutes: [],
    drainMs: 300_000,
  };
}

const WEB_MAP: PortMap = { protocol: 'tcp', externalPort: 8080, appPort: 80, adapterLabel: undefined };
const OTHER_MAP: PortMap = { protocol: 'udp', externalPort: 8081, appPort: 81, adapterLabel: 'eth0' };

function mapEntry(id: number, portMap: PortMap): Partial<AccessEntry> {
  const { externalPort, protocol, adapterLabel } = portMap;
  const localPorts = { first: externalPort, last: externalPort };
  return { id, direction: 'ingress', protocol: protocol === 'tcp' ? 6 : 17, localPorts, adapterLabel, portMap };
}

export const WEB: App = {
  id: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
  name: 'web',
  active: true,
  interfaces: [
    {
      name: 'eth0',
      networkInstanceId: NI_DEFAULT,
      macAddress: '02:00:00:00:00:01',
      address: undefined,
      hostName: 'web',
      accessList: [
        EVERYTHING,
        { ...EVERYTHING, ...mapEntry(2, WEB_MAP) },
        { ...EVERYTHING, ...mapEntry(3, OTHER_MAP) },
      ],
      portMaps: [WEB_MAP, OTHER_MAP],
    },
  ],
};

/** A second app beside `WEB`, which may do everything. */
export function neighbourAt(address: string): App {
  return {
    ...WEB,
    id: 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
    name: 'neighbour',
    interfaces: WEB.interfaces.map((each) => ({
      ...each,
      macAddress: '02:00:00:00:00:02',
      address,
      accessList: [EVERYTHING],
      portMaps: [],
    })),
  };
}

export const MODEL: DeviceModel = {
  ports: [port('eth0', 0, ['uplink', 'freeuplink']), port('wwan0', 1), port('sat0', 2)],
  networkInstances: [localInstance(NI_DEFAULT, 'default', 0), localInstance(NI_BUSINESS, 'business', 1, 'freeuplink')],
  apps: [WEB],
  operationPriorities: new Map(),
  downloadMaxCost: 0,
  portTest: { intervalMs: undefined, timeoutMs: undefined },
  grants: [],
};

export function facts(label: string, thirdByte: number): PortFacts {
  const network = `192.0.${thirdByte}`;
  return {
    label,
    interfaceName: label,
    link: 'up',
    addresses: [{ address: `${network}.10`, prefixLength: 24, isDeprecated: false }],
    sourceAddress: `${network}.10`,
    routes: [wayOut(`${network}.1`, `${network}.10`)],
    gateways: [`${network}.1`],
    dnsServers: [`${network}.53`],
    mtu: 1500,
    macAddress: `02:00:00:00:01:0${thirdByte}`,
  };
}

/** A default route. */
export function wayOut(gateway: string | undefined, source: string, metric = 0): RouteFacts {
  return { destination: everywhere('inet'), gateway, source, metric };
}

export const PORTS: ReadonlyMap<string, PortFacts> = new Map([
  ['eth0', facts('eth0', 2)],
  ['wwan0', facts('wwan0', 3)],
  ['sat0', facts('sat0', 4)],
]);

export function selection(armed: readonly string[], permitted: readonly string[] = armed): Selection {
  return { armed, permitted, failing: new Set(), grantedUntilMs: new Map(), revision: 1n };
}

export const INPUTS: DesireInputs = {
  model: MODEL,
  ports: PORTS,
  selections: new Map([
    [NI_DEFAULT, selection(['eth0', 'wwan0', 'sat0'])],
    [NI_BUSINESS, selection(['eth0'])],
  ]),
  ids: idsFor(MODEL, NO_IDS),
  generations: new Map(),
  drains: new Map(),
  nameServiceDirectory: '/run/eve-uplink/dnsmasq',
};
