import { EdgeDevConfig } from '../gen/config/devconfig.js';
import { ACE } from '../gen/config/fw.js';
import { AddressType, NetworkInstanceConfig, ZNetworkInstType } from '../gen/config/netinst.js';
import { PhyIoMemberUsage, PhyIoType } from '../gen/evecommon/devmodelcommon.js';
import { DHCPType, NetworkType } from '../gen/evecommon/netcmn.js';
import { appServerPorts } from './app.js';
import { APP_INTERFACE, portNames, type AppName, type PortName, type Topology } from './topology.js';

/** What the lab's network instances are called, and which app is behind which. */
export const networkInstanceOf = { app1: 'default', app2: 'business' } as const;
export type NetworkInstanceName = (typeof networkInstanceOf)[AppName];

export const networkInstanceIds: Readonly<Record<NetworkInstanceName, string>> = {
  default: '0a77c0de-0000-4000-8000-000000000001',
  business: '0a78c0de-0000-4000-8000-000000000002',
};

/** Under which port numbers the internet reaches the apps' servers, on the port in use. */
export const portMaps = {
  app1: { whoAreYou: 8080, udpEcho: 8081, tcpEcho: 8022, whoAreYouOnEth0Only: 8043 },
  app2: { whoAreYou: 8090, udpEcho: 8091, tcpEcho: 8092 },
} as const;

export interface ShipOptions {
  /** How long a better port must work before traffic goes back to it; default 30 (docs/design.md#choice). */
  readonly failbackHoldSeconds?: number;
  /** How long flows stay on a port that works and is left; default 300, 0: they move at once. */
  readonly drainSeconds?: number;
  /**
   * Port priorities that a network instance may use; `every` for no limit. Default: every for `default`, 0 and 1 for
   * `business`.
   */
  readonly allowedPriorities?: Readonly<Partial<Record<NetworkInstanceName, readonly number[] | 'every'>>>;
}

const DHCP_NETWORK_ID = '0a000000-0000-4000-8000-00000000d4c9';

/**
 * The ship's configuration: eth0 (free, priority 0), wwan0 (1) and sat0 (2), all management ports with DHCP; `default`
 * may use any of them, `business` not the satellite; each has an app with a fixed address and port maps. ship.yaml is
 * the same, to read and to push.
 */
export function shipConfiguration(topology: Topology, options: ShipOptions = {}): EdgeDevConfig {
  const priorities = { default: 'every', business: [0, 1], ...options.allowedPriorities } as const;
  const { failbackHoldSeconds, drainSeconds } = options;
  const times = {
    ...(failbackHoldSeconds === undefined ? {} : { failbackHold: secondsOf(failbackHoldSeconds) }),
    ...(drainSeconds === undefined ? {} : { drain: secondsOf(drainSeconds) }),
  };
  const test = Object.keys(times).length === 0 ? {} : { test: times };
  const networkInstance = (name: NetworkInstanceName, network: string): NetworkInstanceConfig =>
    NetworkInstanceConfig.fromPartial({
      uuidandversion: { uuid: networkInstanceIds[name], version: '1' },
      displayname: name,
      instType: ZNetworkInstType.ZnetInstLocal,
      activate: true,
      port: { name: 'uplink' },
      ipType: AddressType.IPV4,
      ip: {
        subnet: `${network}.0/24`,
        gateway: `${network}.1`,
        dhcpRange: { start: `${network}.2`, end: `${network}.254` },
      },
      ...(priorities[name] === 'every' ? {} : { allowedPriorities: { priorities: [...priorities[name]] } }),
      ...test,
    });
  return EdgeDevConfig.fromPartial({
    id: { uuid: '0a511900-0000-4000-8000-000000000001', version: '1' },
    deviceName: 'ship',
    networks: [{ id: DHCP_NETWORK_ID, type: NetworkType.V4, ip: { dhcp: DHCPType.Client } }],
    deviceIoList: portNames.map((name, priority) => ({
      ptype: physicalType[name],
      phylabel: name,
      phyaddrs: { ifname: name },
      logicallabel: name,
      assigngrp: name,
      usage: PhyIoMemberUsage.PhyIoUsageMgmtAndApps,
      usagePolicy: { fallBackPriority: priority },
    })),
    systemAdapterList: portNames.map((name) => ({
      name,
      uplink: true,
      networkUUID: DHCP_NETWORK_ID,
      lowerLayerName: name,
    })),
    networkInstances: [networkInstance('default', '10.77.0'), networkInstance('business', '10.78.0')],
    apps: [
      {
        uuidandversion: { uuid: '0aa90000-0000-4000-8000-000000000001', version: '1' },
        displayname: 'app1',
        activate: true,
        interfaces: [
          {
            name: APP_INTERFACE,
            networkId: networkInstanceIds.default,
            addr: '10.77.0.10',
            macAddress: topology.apps.app1.macAddress,
            acls: [
              outward(1),
              portMap(2, 'tcp', portMaps.app1.whoAreYou, appServerPorts.whoAreYou),
              portMap(3, 'udp', portMaps.app1.udpEcho, appServerPorts.udpEcho),
              portMap(4, 'tcp', portMaps.app1.tcpEcho, appServerPorts.tcpEcho),
              portMap(5, 'tcp', portMaps.app1.whoAreYouOnEth0Only, appServerPorts.whoAreYou, 'eth0'),
            ],
          },
        ],
      },
      {
        uuidandversion: { uuid: '0aa90000-0000-4000-8000-000000000002', version: '1' },
        displayname: 'app2',
        activate: true,
        interfaces: [
          {
            name: APP_INTERFACE,
            networkId: networkInstanceIds.business,
            addr: '10.78.0.10',
            macAddress: topology.apps.app2.macAddress,
            acls: [
              outward(1),
              portMap(2, 'tcp', portMaps.app2.whoAreYou, appServerPorts.whoAreYou),
              portMap(3, 'udp', portMaps.app2.udpEcho, appServerPorts.udpEcho),
              portMap(4, 'tcp', portMaps.app2.tcpEcho, appServerPorts.tcpEcho),
            ],
          },
        ],
      },
    ],
  });
}

function secondsOf(seconds: number): { readonly seconds: bigint; readonly nanos: number } {
  return { seconds: BigInt(seconds), nanos: 0 };
}

const physicalType: Readonly<Record<PortName, PhyIoType>> = {
  eth0: PhyIoType.PhyIoNetEth,
  wwan0: PhyIoType.PhyIoNetWWAN,
  sat0: PhyIoType.PhyIoNetEth,
};

/** EVE's way to let an app out: an ACE that matches every address and has no action. */
function outward(id: number): ACE {
  return ACE.fromPartial({ id, matches: [{ type: 'ip', value: '0.0.0.0/0' }] });
}

function portMap(id: number, protocol: 'tcp' | 'udp', externalPort: number, appPort: number, adapter?: PortName): ACE {
  return ACE.fromPartial({
    id,
    matches: [
      { type: 'protocol', value: protocol },
      { type: 'lport', value: String(externalPort) },
      ...(adapter === undefined ? [] : [{ type: 'adapter', value: adapter }]),
    ],
    actions: [{ portmap: true, appPort }],
  });
}
