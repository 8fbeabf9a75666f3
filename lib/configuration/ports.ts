import { isIP, isIPv4 } from 'node:net';

import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { NetworkConfig } from '../../gen/config/netconfig.js';
import type { PhysicalIO, SystemAdapter } from '../../gen/config/devmodel.js';
import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { PhyIoMemberUsage } from '../../gen/evecommon/devmodelcommon.js';
import { DHCPType } from '../../gen/evecommon/netcmn.js';
import { ipv4Network } from '../ipv4/index.js';
import type { InterfaceIdentity, Port, PortUsage } from './model.js';
import type { Problems } from './problems.js';
import { interpretProxies } from './proxies.js';
import { isInterfaceName, isLabel, isTakenInterfaceName } from './syntax.js';

/** zedrouter has one hexadecimal digit for each port in a packet's mark; 0 and 15 are taken. */
export const MOST_PORTS = 14;
/** EVE clamps higher costs to this. */
export const HIGHEST_PRIORITY = 255;

/** The device's uplinks. Each SystemAdapter rests on a PhysicalIO, directly or through a VLAN or bond. */
export function interpretPorts(config: EdgeDevConfig, problems: Problems): readonly Port[] {
  refuseSharedLowerLabels(config, problems);
  const oldController = config.deviceIoList.some(({ usagePolicy }) => usagePolicy?.freeUplink === true);
  // What is beyond the limit is refused, so there is no use in looking at it.
  const adapters = config.systemAdapterList.slice(0, MOST_PORTS);
  const ports = adapters.flatMap((adapter, index) => {
    const port = interpretPort(config, adapter, `systemAdapterList[${index}]`, oldController, problems);
    return port === undefined ? [] : [port];
  });
  const at = (field: string) => (index: number) => `systemAdapterList[${index}].${field}`;
  problems.unique(adapters, ({ name }) => name, at('name'), 'the port name');
  const names = adapters.map((adapter) => interfaceUnder(config, adapter)?.interfaceName ?? '');
  problems.unique(names, (name) => name, at('lowerLayerName'), 'the interface');
  if (config.systemAdapterList.length > MOST_PORTS) {
    problems.add('systemAdapterList', `there are more than ${MOST_PORTS} ports, which is as many as a mark can name`);
  }
  return ports;
}

/** SystemAdapters name what is under them by these labels. */
function refuseSharedLowerLabels({ deviceIoList, vlans, bonds }: EdgeDevConfig, problems: Problems): void {
  const labelled = [
    ...deviceIoList.map(({ logicallabel }, index) => ({ logicallabel, field: `deviceIoList[${index}]` })),
    ...vlans.map(({ logicallabel }, index) => ({ logicallabel, field: `vlans[${index}]` })),
    ...bonds.map(({ logicallabel }, index) => ({ logicallabel, field: `bonds[${index}]` })),
  ];
  problems.unique(
    labelled,
    ({ logicallabel }) => logicallabel,
    (index) => `${labelled[index]?.field ?? ''}.logicallabel`,
    'the label',
  );
}

/** A label that EVE gives to ports by itself (docs/design.md#labels) says nothing when it is given by hand. */
function checkLabel(label: string, field: string, problems: Problems): void {
  if (!isLabel(label)) problems.add(field, 'must be 1 to 128 printable characters without quotes');
  if (automaticLabels.includes(label))
    problems.add(field, `${JSON.stringify(label)} is a label that ports get by themselves`);
}

function interpretPort(
  config: EdgeDevConfig,
  adapter: SystemAdapter,
  field: string,
  oldController: boolean,
  problems: Problems,
): Port | undefined {
  const { name } = adapter;
  checkLabel(name, `${field}.name`, problems);
  adapter.sharedLabels.forEach((label, index) => {
    checkLabel(label, `${field}.sharedLabels[${index}]`, problems);
  });
  const lower = interfaceUnder(config, adapter);
  if (lower === undefined) {
    const wanted = adapter.lowerLayerName === '' ? name : adapter.lowerLayerName;
    problems.add(`${field}.lowerLayerName`, `no physical port, VLAN or bond is called ${JSON.stringify(wanted)}`);
    return undefined;
  }
  if (!isInterfaceName(lower.interfaceName)) {
    problems.add(
      lower.field,
      `${JSON.stringify(lower.interfaceName)} is no name of a network interface (1 to 15 letters, digits, ., _ or -)`,
    );
  } else if (isTakenInterfaceName(lower.interfaceName)) {
    problems.add(lower.field, `${lower.interfaceName} cannot be an uplink: lo and bn1, bn2, ... are taken`);
  }
  if (lower.physical === undefined) {
    problems.add(lower.physicalField, 'names no physical port under it');
  }
  const usage = usageOf(lower, problems);
  const isManagement = adapter.uplink && (usage === 'management-and-apps' || usage === 'management-only');
  const priority = priorityOf(adapter, lower.physical, oldController);
  const allowedOperations = allowedOperationsOf(lower, problems);
  const addressing = addressingOf(config, adapter, field, problems);
  return {
    label: name,
    interfaceName: lower.interfaceName,
    ...identityOf(lower, problems),
    priority,
    isManagement,
    usage,
    labels: labelsOf([name, ...adapter.sharedLabels], isManagement, priority),
    allowedOperations,
    ...monthlyTestBytesOf(lower, problems),
    ...tariffOf(lower, problems),
    ...addressing,
    ...wantedOf(config, adapter),
    ...proxiesOf(config, adapter),
  };
}

interface LowerLayer {
  readonly interfaceName: string;
  readonly physical: PhysicalIO | undefined;
  /** A VLAN or bond on top of it. */
  readonly isVirtual: boolean;
  /** Where the interface's name stands. */
  readonly field: string;
  /** Where the physical port stands; where there is none, the reference that leads nowhere. */
  readonly physicalField: string;
}

function interfaceUnder(config: EdgeDevConfig, adapter: SystemAdapter): LowerLayer | undefined {
  const wanted = adapter.lowerLayerName === '' ? adapter.name : adapter.lowerLayerName;
  const vlanIndex = config.vlans.findIndex(({ logicallabel }) => logicallabel === wanted);
  const vlan = config.vlans[vlanIndex];
  if (vlan !== undefined) {
    return virtual(config, vlan.interfaceName, `vlans[${vlanIndex}]`, 'lowerLayerName', vlan.lowerLayerName);
  }
  const bondIndex = config.bonds.findIndex(({ logicallabel }) => logicallabel === wanted);
  const bond = config.bonds[bondIndex];
  if (bond !== undefined) {
    return virtual(config, bond.interfaceName, `bonds[${bondIndex}]`, 'lowerLayerNames', bond.lowerLayerNames[0] ?? '');
  }
  const index = config.deviceIoList.findIndex(({ logicallabel }) => logicallabel === wanted);
  const physical = config.deviceIoList[index];
  if (physical === undefined) return undefined;
  const key = Object.keys(physical.phyaddrs).find((name) => name.toLowerCase() === 'ifname') ?? 'ifname';
  return {
    interfaceName: physical.phyaddrs[key] ?? '',
    physical,
    isVirtual: false,
    field: `deviceIoList[${index}].phyaddrs["${key}"]`,
    physicalField: `deviceIoList[${index}]`,
  };
}

/** A VLAN or bond is used, and has a policy, as the (first) physical port under it. */
function virtual(
  config: EdgeDevConfig,
  interfaceName: string,
  field: string,
  reference: 'lowerLayerName' | 'lowerLayerNames',
  lowerLayerName: string,
): LowerLayer {
  const bond = config.bonds.find(({ logicallabel }) => logicallabel === lowerLayerName);
  const physicalLabel = bond === undefined ? lowerLayerName : (bond.lowerLayerNames[0] ?? '');
  const index = config.deviceIoList.findIndex(({ logicallabel }) => logicallabel === physicalLabel);
  return {
    interfaceName,
    physical: config.deviceIoList[index],
    isVirtual: true,
    field: `${field}.interfaceName`,
    physicalField: index === -1 ? `${field}.${reference}` : `deviceIoList[${index}]`,
  };
}

function usageOf({ physical, physicalField }: LowerLayer, problems: Problems): PortUsage {
  switch (physical?.usage) {
    // Controllers that know no usage.
    case undefined:
    case PhyIoMemberUsage.PhyIoUsageNone:
    case PhyIoMemberUsage.PhyIoUsageMgmtAndApps:
      return 'management-and-apps';
    case PhyIoMemberUsage.PhyIoUsageShared:
      return 'apps-shared';
    case PhyIoMemberUsage.PhyIoUsageDedicated:
      return 'dedicated-to-an-app';
    case PhyIoMemberUsage.PhyIoUsageDisabled:
      return 'disabled';
    case PhyIoMemberUsage.PhyIoUsageMgmtOnly:
      return 'management-only';
    default:
      problems.add(`${physicalField}.usage`, 'is none that we know');
      return 'disabled';
  }
}

/**
 * docs/design.md#priority-of-a-port: fallBackPriority where present, else SystemAdapter.cost, else EVE's rule for
 * freeUplink: where any physical port has it set, a port without it counts as cost 1.
 */
function priorityOf(adapter: SystemAdapter, physical: PhysicalIO | undefined, oldController: boolean): number {
  const stated = physical?.usagePolicy?.fallBackPriority;
  if (stated !== undefined) return Math.min(stated, HIGHEST_PRIORITY);
  if (adapter.cost > 0) return Math.min(adapter.cost, HIGHEST_PRIORITY);
  const free = adapter.freeUplink || physical?.usagePolicy?.freeUplink === true;
  return oldController && !free ? 1 : 0;
}

/** The labels of its own, and EVE's automatic ones. */
function labelsOf(ownLabels: readonly string[], isManagement: boolean, priority: number): readonly string[] {
  const automatic = [
    'all',
    ...(isManagement ? ['uplink'] : []),
    ...(isManagement && priority === 0 ? ['freeuplink'] : []),
  ];
  return [...new Set([...ownLabels, ...automatic])];
}

/** The port with another priority, and the labels that follow from it. */
export function withPriority(port: Port, priority: number): Port {
  const ownLabels = port.labels.filter((label) => !automaticLabels.includes(label));
  return { ...port, priority, labels: labelsOf(ownLabels, port.isManagement, priority) };
}

const automaticLabels: readonly string[] = ['all', 'uplink', 'freeuplink'];

const knownOperations: ReadonlySet<number> = new Set(
  Object.values(NetworkOperation).filter((operation) => operation > NetworkOperation.NETWORK_OPERATION_UNSPECIFIED),
);

/** True for an operation that a policy may name. */
export function isKnownOperation(operation: number): boolean {
  return knownOperations.has(operation);
}

function allowedOperationsOf({ physical, physicalField }: LowerLayer, problems: Problems): readonly NetworkOperation[] {
  const operations = physical?.usagePolicy?.allowedOperations ?? [];
  operations.forEach((operation, index) => {
    if (isKnownOperation(operation)) return;
    problems.add(`${physicalField}.usagePolicy.allowedOperations[${index}]`, `${operation} is no operation`);
  });
  return operations;
}

/**
 * What tells the hardware of a physical port. A MAC address that is none is refused: it would be taken for a port that
 * is known by its name alone. Models have PCI and USB addresses in many forms; those of another form tell nothing.
 */
function identityOf({ physical, physicalField, isVirtual }: LowerLayer, problems: Problems): Pick<Port, 'identity'> {
  if (physical === undefined || isVirtual) return {};
  const identity = Object.entries(physical.phyaddrs).flatMap(([key, value]): readonly InterfaceIdentity[] => {
    const text = value.trim().toLowerCase();
    if (text === '') return [];
    switch (key.toLowerCase()) {
      case 'mac':
        if (/^[\da-f]{2}(:[\da-f]{2}){5}$/.test(text)) return [{ kind: 'mac', address: text }];
        problems.add(`${physicalField}.phyaddrs["${key}"]`, `${JSON.stringify(value)} is no MAC address`);
        return [];
      case 'usbaddr':
        return /^\d+:\d+(\.\d+)*$/.test(text) ? [{ kind: 'usb', address: text.replace(':', '-') }] : [];
      case 'pcilong':
        return /^[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/.test(text) ? [{ kind: 'pci', address: text }] : [];
      default:
        return [];
    }
  });
  return identity.length === 0 ? {} : { identity };
}

/** Beyond this nobody means it. */
const MOST_TEST_BYTES = 10n ** 12n;

function monthlyTestBytesOf(
  { physical, physicalField }: LowerLayer,
  problems: Problems,
): Pick<Port, 'monthlyTestBytes'> {
  const bytes = physical?.usagePolicy?.monthlyTestBytes;
  if (bytes === undefined) return {};
  if (bytes > MOST_TEST_BYTES) {
    problems.add(`${physicalField}.usagePolicy.monthlyTestBytes`, `must be 0 to ${MOST_TEST_BYTES}, and is ${bytes}`);
  }
  return { monthlyTestBytes: Number(bytes) };
}

/** Beyond this nobody means it. */
const MOST_PRICE = 1e9;
const MOST_CURRENCY_LENGTH = 8;
/** February has it, too. */
const LAST_BILLING_DAY = 28;

function tariffOf({ physical, physicalField }: LowerLayer, problems: Problems): Pick<Port, 'tariff'> {
  const tariff = physical?.usagePolicy?.tariff;
  if (tariff === undefined) return {};
  const field = `${physicalField}.usagePolicy.tariff`;
  const { pricePerGb, currency, includedBytes, billingDay } = tariff;
  if (!(pricePerGb >= 0 && pricePerGb <= MOST_PRICE)) {
    problems.add(`${field}.pricePerGb`, `must be 0 to ${MOST_PRICE}, and is ${pricePerGb}`);
  }
  if (!/^[^\p{C}]*$/u.test(currency) || currency.length > MOST_CURRENCY_LENGTH) {
    problems.add(`${field}.currency`, `must be at most ${MOST_CURRENCY_LENGTH} printable characters`);
  }
  if (includedBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    problems.add(`${field}.includedBytes`, `must be 0 to ${Number.MAX_SAFE_INTEGER}, and is ${includedBytes}`);
  }
  if (billingDay > LAST_BILLING_DAY) {
    problems.add(`${field}.billingDay`, `must be 1 to ${LAST_BILLING_DAY}, or 0 for the first, and is ${billingDay}`);
  }
  return { tariff: { pricePerGb, currency, includedBytes: Number(includedBytes), billingDay } };
}

function addressingOf(
  config: EdgeDevConfig,
  adapter: SystemAdapter,
  field: string,
  problems: Problems,
): Pick<Port, 'addressing' | 'dnsServers' | 'ntpServers'> {
  if (adapter.networkUUID === '') return { addressing: { kind: 'none' }, dnsServers: [], ntpServers: [] };
  const index = config.networks.findIndex(({ id }) => id.toLowerCase() === adapter.networkUUID.toLowerCase());
  const network = config.networks[index];
  if (network === undefined) {
    problems.add(`${field}.networkUUID`, `there is no network ${JSON.stringify(adapter.networkUUID)}`);
    return { addressing: { kind: 'none' }, dnsServers: [], ntpServers: [] };
  }
  const { ip } = network;
  const dnsServers = ip?.dns ?? [];
  // Apps are told time servers by IPv4 address only (RFC 2132).
  const ntpServers = [ip?.ntp ?? '', ...(ip?.moreNtp ?? [])].filter((server) => isIPv4(server));
  const servers = { dnsServers, ntpServers };
  dnsServers.forEach((server, position) => {
    if (isIP(server) === 0) problems.add(`networks[${index}].ip.dns[${position}]`, 'must be an IP address');
  });
  switch (ip?.dhcp) {
    case DHCPType.Client:
      return { addressing: { kind: 'dhcp' }, ...servers };
    case DHCPType.Static:
      if (ip.gateway !== '' && isIP(ip.gateway) === 0) {
        problems.add(`networks[${index}].ip.gateway`, 'must be an IP address');
      }
      return { addressing: { kind: 'static', gateway: ip.gateway === '' ? undefined : ip.gateway }, ...servers };
    default:
      return { addressing: { kind: 'none' }, ...servers };
  }
}

function networkUnder({ networks }: EdgeDevConfig, { networkUUID }: SystemAdapter): NetworkConfig | undefined {
  return networks.find(({ id }) => networkUUID !== '' && id.toLowerCase() === networkUUID.toLowerCase());
}

function proxiesOf(config: EdgeDevConfig, adapter: SystemAdapter): Pick<Port, 'proxies'> {
  const proxies = interpretProxies(networkUnder(config, adapter)?.entProxy);
  return proxies === undefined ? {} : { proxies };
}

/** What the host is to give the port: only fields that can be compared with what it has. */
function wantedOf(config: EdgeDevConfig, adapter: SystemAdapter): Pick<Port, 'wanted'> {
  const { addr } = adapter;
  const network = networkUnder(config, adapter);
  const ip = network?.ip?.dhcp === DHCPType.Static ? network.ip : undefined;
  const address = addr.split('/')[0] ?? '';
  const wanted = {
    address: isIPv4(address) ? address : undefined,
    subnet: ipv4Network(ip?.subnet ?? '') === undefined ? undefined : ip?.subnet,
    gateway: isIPv4(ip?.gateway ?? '') ? ip?.gateway : undefined,
    mtu: network === undefined || network.mtu === 0 ? undefined : network.mtu,
  };
  return Object.values(wanted).every((each) => each === undefined) ? {} : { wanted };
}
