import { DHCPType } from '../../../gen/evecommon/netcmn.js';
import { PhyIoMemberUsage } from '../../../gen/evecommon/devmodelcommon.js';
import type { Timestamp } from '../../../gen/google/protobuf/timestamp.js';
import { Severity, type ErrorInfo } from '../../../gen/info/common.js';
import { DevicePort, DevicePortStatus, SystemAdapterInfo } from '../../../gen/info/info.js';
import { PortLinkState, type PortStatus } from '../../../gen/nim/v1/port_status.js';
import { PortTestState } from '../../../gen/evecommon/uplink.js';
import type { Port, PortUsage } from '../../../lib/configuration/index.js';

/** DevicePortConfigVersion of EVE that has management ports marked one by one. */
const PER_PORT_MANAGEMENT_VERSION = 1;

/** The largest cost EVE knows; its field is wider than its meaning. */
const LARGEST_COST = 255;

/** The ports as EVE's own message for ZInfoDevice.systemAdapter, with our fields for each port by itself. */
export function systemAdapterOf(
  ports: readonly Port[],
  statuses: readonly PortStatus[],
  configuredAt: Timestamp | undefined,
): SystemAdapterInfo {
  const devicePorts = ports.flatMap((port) => {
    const status = statuses.find(({ logicalLabel }) => logicalLabel === port.label);
    return status === undefined ? [] : [devicePortOf(port, status)];
  });
  return SystemAdapterInfo.fromPartial({
    currentIndex: 0,
    status: [
      DevicePortStatus.fromPartial({
        version: PER_PORT_MANAGEMENT_VERSION,
        key: 'zedagent',
        ...(configuredAt === undefined ? {} : { timePriority: configuredAt }),
        ports: devicePorts,
        lastError: devicePorts.some(({ isMgmt, err }) => isMgmt && err === undefined)
          ? ''
          : 'no management port has link, address and a default route',
      }),
    ],
  });
}

function devicePortOf(port: Port, status: PortStatus): DevicePort {
  const source = status.addresses.find(({ address }) => address === status.sourceAddress);
  const first = source ?? status.addresses[0];
  const failing = status.testState !== PortTestState.PORT_TEST_STATE_WORKING && status.lastError !== '';
  const error = failing ? errorInfo(status) : undefined;
  return DevicePort.fromPartial({
    ifname: status.interface,
    name: status.logicalLabel,
    isMgmt: status.isManagement,
    free: status.priority === 0,
    dhcpType: dhcpTypes[port.addressing.kind],
    subnet: first === undefined ? '' : subnetOf(first.address, first.prefixLength),
    gateway: status.gateways[0] ?? '',
    dnsServers: status.dnsServers,
    macAddr: status.macAddress,
    IPAddrs: status.addresses.map(({ address }) => address),
    defaultRouters: status.gateways,
    dns: { DNSservers: status.dnsServers, DNSdomain: '', DNSsearch: [] },
    up: status.linkState === PortLinkState.PORT_LINK_STATE_UP,
    usage: usages[port.usage],
    cost: Math.min(status.priority, LARGEST_COST),
    priority: status.priority,
    testState: status.testState,
    ...(error === undefined ? {} : { err: error, lastError: error }),
    ...(status.lastSucceeded === undefined ? {} : { lastSucceeded: status.lastSucceeded }),
    ...(status.lastFailed === undefined ? {} : { lastFailed: status.lastFailed }),
  });
}

function errorInfo({ lastError, lastFailed }: PortStatus): ErrorInfo {
  return {
    description: lastError,
    timestamp: lastFailed,
    severity: Severity.SEVERITY_ERROR,
    entities: [],
    retryCondition: '',
  };
}

const dhcpTypes: Readonly<Record<Port['addressing']['kind'], DHCPType>> = {
  dhcp: DHCPType.Client,
  static: DHCPType.Static,
  none: DHCPType.DHCPNone,
};

const usages: Readonly<Record<PortUsage, PhyIoMemberUsage>> = {
  'management-and-apps': PhyIoMemberUsage.PhyIoUsageMgmtAndApps,
  'apps-shared': PhyIoMemberUsage.PhyIoUsageShared,
  'management-only': PhyIoMemberUsage.PhyIoUsageMgmtOnly,
  'dedicated-to-an-app': PhyIoMemberUsage.PhyIoUsageDedicated,
  disabled: PhyIoMemberUsage.PhyIoUsageDisabled,
};

/** The network of an IPv4 address: `192.0.2.0/24`. */
function subnetOf(address: string, prefixLength: number): string {
  const octets = address.split('.').map((octet, position) => {
    const networkBits = Math.min(Math.max(prefixLength - 8 * position, 0), 8);
    return Number(octet) & (0xff << (8 - networkBits)) & 0xff;
  });
  return `${octets.join('.')}/${prefixLength}`;
}
