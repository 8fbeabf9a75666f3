import fc from 'fast-check';

import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import {
  defaultTestSettings,
  type App,
  type DeviceModel,
  type NetworkInstance,
  type Port,
} from '../../lib/configuration/index.js';

/** How a port is in the kernel: what a cable, a DHCP server and an operator can do to it. */
export type PortCondition = 'missing' | 'admin-down' | 'no-carrier' | 'no-address' | 'no-route' | 'up';

/** One step of a device's life. */
export type Event =
  | { readonly kind: 'ports'; readonly conditions: readonly PortCondition[] }
  | { readonly kind: 'configuration'; readonly model: DeviceModel }
  | { readonly kind: 'time'; readonly passesMs: number };

const MOST_PORTS = 5;
const MOST_INSTANCES = 4;

const portArbitrary = (index: number): fc.Arbitrary<Port> =>
  fc
    .record({
      priority: fc.nat(3),
      usage: fc.constantFrom(
        ...(['management-and-apps', 'apps-shared', 'management-only', 'dedicated-to-an-app', 'disabled'] as const),
      ),
      label: fc.constantFrom('lan', 'sea'),
      allowedOperations: fc.subarray([
        NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC,
        NetworkOperation.NETWORK_OPERATION_CONTROLLER,
      ]),
    })
    .map(({ priority, usage, label, allowedOperations }) => ({
      label: `port${index}`,
      interfaceName: `if${index}`,
      priority,
      isManagement: usage.startsWith('management'),
      usage,
      labels: [`port${index}`, 'all', label],
      allowedOperations,
      addressing: { kind: 'dhcp' },
      dnsServers: [],
      ntpServers: [],
    }));

const limitArbitrary = fc.option(
  fc.subarray([0, 1, 2, 3]).map((priorities) => ({ kind: 'priorities', priorities }) as const),
  { nil: undefined },
);

const instanceArbitrary = (index: number): fc.Arbitrary<NetworkInstance> =>
  fc
    .record({
      active: fc.boolean(),
      portLabel: fc.option(fc.constantFrom('all', 'lan', 'sea', 'port0', 'port1', 'nowhere'), { nil: undefined }),
      allowedPriorities: limitArbitrary,
      failbackHoldMs: fc.constantFrom(0, 1_000, 30_000),
      failoverHoldMs: fc.constantFrom(0, 0, 5_000),
      drainMs: fc.constantFrom(0, 1_000, 300_000),
    })
    .map(({ active, portLabel, allowedPriorities, failbackHoldMs, failoverHoldMs, drainMs }) => ({
      id: instanceId(index),
      name: `ni${index}`,
      kind: 'local',
      active,
      portLabel,
      network: {
        subnet: `10.77.${index}.0`,
        prefixLength: 24,
        gateway: `10.77.${index}.1`,
        dhcpRange: { first: `10.77.${index}.2`, last: `10.77.${index}.254` },
        dnsServers: [],
        staticDnsEntries: [],
        ntpServers: [],
        domainName: '',
      },
      allowedPriorities,
      test: { ...defaultTestSettings, failbackHoldMs, failoverHoldMs },
      mtu: 0,
      propagatesConnectedRoutes: false,
      staticRoutes: [],
      drainMs,
    }));

function instanceId(index: number): string {
  return `00000000-0000-4000-8000-00000000000${index}`;
}

const appArbitrary = (index: number): fc.Arbitrary<App> =>
  fc
    .record({
      active: fc.boolean(),
      instance: fc.nat(MOST_INSTANCES - 1),
      adapterLabels: fc.array(fc.option(fc.constantFrom('lan', 'sea'), { nil: undefined }), { maxLength: 3 }),
    })
    .map(({ active, instance, adapterLabels }) => ({
      id: `app${index}`,
      name: `app${index}`,
      active,
      interfaces: [
        {
          name: 'eth0',
          networkInstanceId: instanceId(instance),
          macAddress: `02:00:00:00:00:0${index}`,
          address: undefined,
          hostName: '',
          accessList: [],
          portMaps: adapterLabels.map((adapterLabel, position) => ({
            protocol: 'tcp' as const,
            externalPort: 8_000 + index * 10 + position,
            appPort: 80,
            adapterLabel,
          })),
        },
      ],
    }));

const upTo = <T>(most: number, make: (index: number) => fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc
    .tuple(fc.subarray(Array.from({ length: most }, (_, index) => index)), fc.tuple(...range(most).map(make)))
    .map(([chosen, all]) => chosen.flatMap((index) => all.slice(index, index + 1)));

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export const modelArbitrary: fc.Arbitrary<DeviceModel> = fc
  .record({
    ports: upTo(MOST_PORTS, portArbitrary),
    networkInstances: upTo(MOST_INSTANCES, instanceArbitrary),
    apps: upTo(3, appArbitrary),
    appTraffic: limitArbitrary,
  })
  .map(({ ports, networkInstances, apps, appTraffic }) => ({
    ports,
    networkInstances,
    apps: apps.filter(({ interfaces }) =>
      interfaces.every((each) => networkInstances.some(({ id }) => id === each.networkInstanceId)),
    ),
    operationPriorities:
      appTraffic === undefined ? new Map() : new Map([[NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC, appTraffic]]),
    downloadMaxCost: 0,
    portTest: { intervalMs: undefined, timeoutMs: undefined },
    grants: [],
  }));

const conditionsArbitrary = fc.array(
  fc.constantFrom<PortCondition>('missing', 'admin-down', 'no-carrier', 'no-address', 'no-route', 'up', 'up', 'up'),
  { minLength: MOST_PORTS, maxLength: MOST_PORTS },
);

export const eventArbitrary: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: conditionsArbitrary.map((conditions) => ({ kind: 'ports', conditions }) as const) },
  { weight: 1, arbitrary: modelArbitrary.map((model) => ({ kind: 'configuration', model }) as const) },
  { weight: 2, arbitrary: fc.nat(60_000).map((passesMs) => ({ kind: 'time', passesMs }) as const) },
);
