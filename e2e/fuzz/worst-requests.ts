import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import { ACE } from '../../gen/config/fw.js';
import { AppInstanceConfig } from '../../gen/config/appconfig.js';
import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { NetworkInstanceConfig } from '../../gen/config/netinst.js';
import { EvaluateRequest } from '../../gen/nim/v1/network_interface_manager.js';
import { PushConfigRequest } from '../../gen/zedagent/v1/device_config.js';
import type { ServiceName } from '../../lab/index.js';

/** A request that costs a service as much as one may, or more. */
export interface WorstRequest {
  readonly what: string;
  readonly service: ServiceName;
  /** `/package.Service/Method` */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const PUSH = { service: 'zedagent', path: '/org.lfedge.eve.zedagent.v1.DeviceConfigService/PushConfig' } as const;
const UPDATE_POLICY = { service: 'zedagent', path: '/org.lfedge.eve.zedagent.v1.PolicyService/UpdatePolicy' } as const;
const HISTORY = {
  service: 'zedagent',
  path: '/org.lfedge.eve.zedagent.v1.DeviceConfigService/ListConfigHistory',
} as const;
const EVALUATE = { service: 'nim', path: '/org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/Evaluate' } as const;
const TEST_STATUS = {
  service: 'nim',
  path: '/org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/ListNetworkInstanceTestStatus',
} as const;
const STATUS = {
  service: 'zedrouter',
  path: '/org.lfedge.eve.zedrouter.v1.NetworkRouterService/ListNetworkInstanceStatus',
} as const;

/** Of EdgeDevConfig and AppInstanceConfig. */
const APPS = 4;
const NETWORK_INSTANCES = 16;
const INTERFACES = 6;

const EMPTY = new Uint8Array();

/** `ship`: a small configuration that is in order. */
export function worstRequests(ship: EdgeDevConfig): readonly WorstRequest[] {
  const large = largeConfiguration(ship, { instances: 500, appsOfEach: 2, entries: 20 });
  const largest = largeConfiguration(ship, { instances: 2_000, appsOfEach: 1, entries: 25 });
  const oneApp = largeConfiguration(ship, { instances: 1, appsOfEach: 1, entries: 4_000 });
  const push = (config: EdgeDevConfig, more: Partial<PushConfigRequest> = {}) =>
    PushConfigRequest.encode(PushConfigRequest.fromPartial({ config, dryRun: true, ...more })).finish();
  const evaluate = (config: EdgeDevConfig) => EvaluateRequest.encode(EvaluateRequest.fromPartial({ config })).finish();
  const names = fields(...times(4_096, [1, Buffer.from('crew')] as const));
  return [
    { what: '500 network instances, 1,000 apps, 20,000 entries', ...PUSH, bytes: push(large) },
    { what: '2,000 network instances, 50,000 entries', ...PUSH, bytes: push(largest) },
    { what: 'one app of 4,000 entries', ...PUSH, bytes: push(oneApp) },
    { what: '500 network instances, 1,000 apps, 20,000 entries', ...EVALUATE, bytes: evaluate(large) },
    { what: '2,000 network instances, 50,000 entries', ...EVALUATE, bytes: evaluate(largest) },
    ...brokenConfigurations().flatMap(({ what, config }) => [
      { what, ...PUSH, bytes: fields([1, config]) },
      { what, ...EVALUATE, bytes: fields([1, config]) },
    ]),
    { what: '8 MB of unknown fields', ...PUSH, bytes: Buffer.alloc(8_000_000, Buffer.from([0x78, 0x00])) },
    { what: '8 MB of groups in groups', ...PUSH, bytes: Buffer.alloc(8_000_000, 0x7b) },
    { what: '16 MB', ...PUSH, bytes: Buffer.alloc(16_000_000, 0x0a) },
    { what: '1 MB of unknown fields', ...UPDATE_POLICY, bytes: Buffer.alloc(1_000_000, Buffer.from([0x78, 0x00])) },
    {
      what: '4,000 changes of nothing',
      ...UPDATE_POLICY,
      bytes: fields([1, fields(...times(4_000, [3, EMPTY] as const))]),
    },
    { what: 'versions', ...HISTORY, bytes: EMPTY },
    { what: '4,096 times a name', ...TEST_STATUS, bytes: names },
    { what: '4,096 times a name', ...STATUS, bytes: names },
  ];
}

function brokenConfigurations(): readonly { readonly what: string; readonly config: Uint8Array }[] {
  const problems = Array.from(
    { length: 4_096 },
    (_, index) => [NETWORK_INSTANCES, fields([3, Buffer.from(`n${index}`)])] as const,
  );
  const apps = times(20, [APPS, fields(...times(14_000, [INTERFACES, EMPTY] as const))] as const);
  return [
    { what: '4,096 empty network instances', config: fields(...times(4_096, [NETWORK_INSTANCES, EMPTY] as const)) },
    { what: '1.5 million empty network instances', config: Buffer.alloc(4_500_000, Buffer.from([0x82, 0x01, 0x00])) },
    { what: '4,096 wrong network instances', config: fields(...problems) },
    { what: '20 apps of 14,000 empty interfaces', config: fields(...apps) },
    { what: '9 apps of 14,000 empty interfaces', config: fields(...apps.slice(0, 9)) },
    {
      what: 'one app of half a million empty interfaces',
      config: fields([APPS, Buffer.alloc(1_000_000, Buffer.from([0x32, 0x00]))]),
    },
    {
      what: '4,096 empty items of every list',
      config: fields(...[4, 5, 6, 8, 11, 12, 13, 16, 20, 21].flatMap((list) => times(4_096, [list, EMPTY] as const))),
    },
  ];
}

/** Fields of wire type LengthDelimited, one after the other. */
function fields(...numbered: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, content] of numbered) writer.tag(number, WireType.LengthDelimited).bytes(content);
  return writer.finish();
}

function times<T>(count: number, item: T): readonly T[] {
  return Array<T>(count).fill(item);
}

/** The ship, and so many network instances with apps beside, each app with so many port maps. */
export function largeConfiguration(
  ship: EdgeDevConfig,
  {
    instances,
    appsOfEach,
    entries,
  }: { readonly instances: number; readonly appsOfEach: number; readonly entries: number },
): EdgeDevConfig {
  const [pattern] = ship.networkInstances;
  const networks = Array.from({ length: instances }, (_, index) =>
    NetworkInstanceConfig.fromPartial({
      ...pattern,
      uuidandversion: { uuid: idOf(1, index), version: '1' },
      displayname: `ni${index}`,
      port: { name: 'eth0' },
      ip: { subnet: `10.${128 + (index >> 8)}.${index & 0xff}.0/24` },
    }),
  );
  const apps = Array.from({ length: instances * appsOfEach }, (_, index) =>
    AppInstanceConfig.fromPartial({
      uuidandversion: { uuid: idOf(2, index), version: '1' },
      displayname: `app${index}`,
      activate: true,
      interfaces: [
        {
          name: 'eth0',
          networkId: idOf(1, Math.floor(index / appsOfEach)),
          acls: Array.from({ length: entries }, (_entry, position) => portMap(index * entries + position)),
        },
      ],
    }),
  );
  return { ...ship, networkInstances: [...ship.networkInstances, ...networks], apps: [...ship.apps, ...apps] };
}

function portMap(index: number): ACE {
  return ACE.fromPartial({
    id: 1 + index,
    matches: [
      { type: 'protocol', value: index % 2 === 0 ? 'tcp' : 'udp' },
      { type: 'lport', value: String(10_000 + (index >> 1)) },
    ],
    actions: [{ portmap: true, appPort: 80 }],
  });
}

function idOf(kind: number, index: number): string {
  return `0b0${kind}0000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}
