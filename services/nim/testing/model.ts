import { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import {
  defaultTestSettings,
  type DeviceModel,
  type NetworkInstance,
  type Port,
} from '../../../lib/configuration/index.js';
import type { ConfigurationInForce } from '../publish/index.js';

/** A management port with DHCP whose label is the name of its interface. */
export function portModel(label: string, priority: number, changes: Partial<Port> = {}): Port {
  return {
    label,
    interfaceName: label,
    priority,
    isManagement: true,
    usage: 'management-and-apps',
    labels: [label, 'all', 'uplink'],
    allowedOperations: [],
    addressing: { kind: 'dhcp' },
    dnsServers: [],
    ntpServers: [],
    ...changes,
  };
}

/** A network instance on any uplink. */
export function networkInstanceModel(id: string, changes: Partial<NetworkInstance> = {}): NetworkInstance {
  return {
    id,
    name: `${id}-net`,
    kind: 'local',
    active: true,
    portLabel: 'uplink',
    network: undefined,
    allowedPriorities: undefined,
    test: defaultTestSettings,
    mtu: 0,
    propagatesConnectedRoutes: false,
    staticRoutes: [],
    drainMs: 300_000,
    ...changes,
  };
}

/** A configuration with these ports and network instances. */
export function configurationOf(
  version: bigint,
  model: Pick<DeviceModel, 'ports' | 'networkInstances'>,
): ConfigurationInForce {
  return {
    version,
    author: 'test',
    policyVersion: 0n,
    source: { config: EdgeDevConfig.fromPartial({}), overrides: [] },
    pushedAt: { seconds: 1_700_000_000n, nanos: 0 },
    model: {
      ...model,
      apps: [],
      operationPriorities: new Map(),
      downloadMaxCost: 0,
      portTest: { intervalMs: undefined, timeoutMs: undefined },
      grants: [],
    },
  };
}
