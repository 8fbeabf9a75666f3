import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { configFromJson, interpret, MOST_LOCAL_INSTANCES, MOST_PORTS, type DeviceModel, type Port } from './index.js';
import { randomConfigJson } from './testing/random-config.js';

const uuid = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

type Json = Record<string, unknown>;

function physical(name: string, more: Json = {}): Json {
  return { logicallabel: name, phyaddrs: { ifname: name }, usage: 'PhyIoUsageMgmtAndApps', ...more };
}

function local(number: number, more: Json = {}): Json {
  return {
    uuidandversion: { uuid: uuid(number) },
    displayname: `ni${number}`,
    instType: 'ZnetInstLocal',
    activate: true,
    port: { name: 'uplink' },
    ip: { subnet: `10.${number}.0.0/24`, gateway: `10.${number}.0.1` },
    ...more,
  };
}

function portMap(lport: string, matches: Json[] = [], protocol = 'tcp'): Json {
  return {
    matches: [{ type: 'protocol', value: protocol }, { type: 'lport', value: lport }, ...matches],
    actions: [{ portmap: true, appPort: 80 }],
  };
}

function app(number: number, instance: number, more: Json = {}): Json {
  return {
    uuidandversion: { uuid: uuid(1000 + number) },
    displayname: `app${number}`,
    interfaces: [{ name: 'eth0', networkId: uuid(instance), ...more }],
  };
}

/** Two uplinks, and whatever a test is about. */
function ship(more: Json = {}): Json {
  return {
    deviceIoList: [physical('eth0'), physical('wwan0')],
    systemAdapterList: [
      { name: 'eth0', uplink: true },
      { name: 'wwan0', uplink: true, cost: 5 },
    ],
    ...more,
  };
}

function modelOf(json: Json): DeviceModel {
  const interpretation = interpret(configFromJson(json));
  if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems, undefined, 1));
  return interpretation.model;
}

function portOf(json: Json, index = 0): Port {
  const port = modelOf(json).ports[index];
  if (port === undefined) throw new Error('no such port');
  return port;
}

function fieldsOf(json: Json): readonly string[] {
  const interpretation = interpret(configFromJson(json));
  return interpretation.kind === 'valid' ? [] : interpretation.problems.map(({ field }) => field);
}

describe('ports', () => {
  it.each<{ what: string; usagePolicy?: Json; others?: Json; adapter?: Json; priority: number }>([
    { what: 'fallBackPriority before cost', usagePolicy: { fallBackPriority: 3 }, adapter: { cost: 7 }, priority: 3 },
    { what: 'fallBackPriority 0 before cost', usagePolicy: { fallBackPriority: 0 }, adapter: { cost: 7 }, priority: 0 },
    { what: 'cost', adapter: { cost: 7 }, priority: 7 },
    { what: 'cost above 255', adapter: { cost: 300 }, priority: 255 },
    { what: 'nothing said', priority: 0 },
    { what: 'old controller, port not free', others: { freeUplink: true }, priority: 1 },
    { what: 'old controller, port free', usagePolicy: { freeUplink: true }, priority: 0 },
    { what: 'old controller, adapter free', others: { freeUplink: true }, adapter: { freeUplink: true }, priority: 0 },
    { what: 'old controller, cost says more', others: { freeUplink: true }, adapter: { cost: 4 }, priority: 4 },
    {
      what: 'old controller, priority 0 said',
      others: { freeUplink: true },
      usagePolicy: { fallBackPriority: 0 },
      priority: 0,
    },
  ])('take their priority from: $what', ({ usagePolicy, others, adapter, priority }) => {
    const json = {
      deviceIoList: [
        physical('eth0', usagePolicy === undefined ? {} : { usagePolicy }),
        physical('eth1', others === undefined ? {} : { usagePolicy: others }),
      ],
      systemAdapterList: [{ name: 'eth0', uplink: true, ...adapter }],
    };
    expect(portOf(json).priority).toBe(priority);
  });

  it.each<{ usage: string; uplink: boolean; cost: number; expected: Partial<Port> }>([
    {
      usage: 'PhyIoUsageMgmtAndApps',
      uplink: true,
      cost: 0,
      expected: {
        usage: 'management-and-apps',
        isManagement: true,
        labels: ['eth0', 'shared', 'all', 'uplink', 'freeuplink'],
      },
    },
    {
      usage: 'PhyIoUsageMgmtAndApps',
      uplink: true,
      cost: 1,
      expected: { isManagement: true, labels: ['eth0', 'shared', 'all', 'uplink'] },
    },
    {
      usage: 'PhyIoUsageMgmtAndApps',
      uplink: false,
      cost: 0,
      expected: { isManagement: false, labels: ['eth0', 'shared', 'all'] },
    },
    { usage: 'PhyIoUsageNone', uplink: true, cost: 0, expected: { usage: 'management-and-apps', isManagement: true } },
    { usage: 'PhyIoUsageMgmtOnly', uplink: true, cost: 0, expected: { usage: 'management-only', isManagement: true } },
    { usage: 'PhyIoUsageShared', uplink: true, cost: 0, expected: { usage: 'apps-shared', isManagement: false } },
    {
      usage: 'PhyIoUsageDedicated',
      uplink: true,
      cost: 0,
      expected: { usage: 'dedicated-to-an-app', isManagement: false },
    },
    { usage: 'PhyIoUsageDisabled', uplink: true, cost: 0, expected: { usage: 'disabled', isManagement: false } },
  ])('$usage, uplink $uplink, cost $cost', ({ usage, uplink, cost, expected }) => {
    const json = {
      deviceIoList: [physical('eth0', { usage })],
      systemAdapterList: [{ name: 'eth0', uplink, cost, sharedLabels: ['shared'] }],
    };
    expect(portOf(json)).toMatchObject(expected);
  });

  it('rest on a physical port, a VLAN, a bond, or a VLAN on a bond', () => {
    const json = {
      deviceIoList: [
        physical('a', { phyaddrs: { IfName: 'eth7' }, usagePolicy: { fallBackPriority: 9 } }),
        physical('b'),
      ],
      vlans: [
        { logicallabel: 'v', interfaceName: 'eth7.5', lowerLayerName: 'a', vlanId: 5 },
        { logicallabel: 'vb', interfaceName: 'bond0.6', lowerLayerName: 'bond', vlanId: 6 },
      ],
      bonds: [{ logicallabel: 'bond', interfaceName: 'bond0', lowerLayerNames: ['a', 'b'] }],
      systemAdapterList: ['a', 'v', 'bond', 'vb'].map((lowerLayerName) => ({
        name: `port-${lowerLayerName}`,
        lowerLayerName,
      })),
    };
    expect(modelOf(json).ports.map(({ interfaceName, priority }) => [interfaceName, priority])).toEqual([
      ['eth7', 9],
      ['eth7.5', 9],
      ['bond0', 9],
      ['bond0.6', 9],
    ]);
  });

  it('have the addressing of their network', () => {
    const json = ship({
      networks: [
        { id: uuid(1), ip: { dhcp: 'Client', dns: ['192.0.2.53'] } },
        { id: uuid(2).toUpperCase(), ip: { dhcp: 'Static', gateway: '198.51.100.1' } },
      ],
      systemAdapterList: [
        { name: 'eth0', networkUUID: uuid(1) },
        { name: 'wwan0', networkUUID: uuid(2) },
      ],
    });
    expect(portOf(json, 0)).toMatchObject({ addressing: { kind: 'dhcp' }, dnsServers: ['192.0.2.53'] });
    expect(portOf(json, 1)).toMatchObject({ addressing: { kind: 'static', gateway: '198.51.100.1' } });
  });
});

describe('network instances', () => {
  it('take defaults for what is not said', () => {
    const [instance] = modelOf(
      ship({ networkInstances: [local(1, { ip: { subnet: '10.1.0.0/24' } })] }),
    ).networkInstances;
    expect(instance).toMatchObject({
      id: uuid(1),
      portLabel: 'uplink',
      allowedPriorities: undefined,
      network: { subnet: '10.1.0.0', gateway: '10.1.0.1', dhcpRange: { first: '10.1.0.1', last: '10.1.0.254' } },
      test: { target: undefined, intervalMs: undefined, failAfter: undefined, failbackHoldMs: 30_000 },
    });
  });

  it('without a port, or with an empty one, are air-gapped', () => {
    const networkInstances = [local(1, { port: undefined }), local(2, { port: { name: '' } })];
    const model = modelOf(ship({ networkInstances: JSON.parse(JSON.stringify(networkInstances)) as Json[] }));
    expect(model.networkInstances.map(({ portLabel }) => portLabel)).toEqual([undefined, undefined]);
  });

  it('tell "not set" from "empty" priorities, and keep each once, in order', () => {
    const networkInstances = [
      local(1),
      local(2, { allowedPriorities: {} }),
      local(3, { allowedPriorities: { priorities: [5, 0, 5] } }),
    ];
    expect(modelOf(ship({ networkInstances })).networkInstances.map((each) => each.allowedPriorities)).toEqual([
      undefined,
      { kind: 'priorities', priorities: [] },
      { kind: 'priorities', priorities: [0, 5] },
    ]);
  });

  it('read test settings', () => {
    const test = {
      target: 'tcp://192.0.2.1:443',
      interval: '0.5s',
      timeout: '2s',
      failAfter: 3,
      recoverAfter: 2,
      failbackHold: '0s',
    };
    expect(modelOf(ship({ networkInstances: [local(1, { test })] })).networkInstances[0]?.test).toEqual({
      target: 'tcp://192.0.2.1:443',
      intervalMs: 500,
      timeoutMs: 2000,
      failAfter: 3,
      recoverAfter: 2,
      failbackHoldMs: 0,
    });
  });

  it("hand out NTP servers that have an address; names are EVE's affair", () => {
    const ip = { subnet: '10.1.0.0/24', ntp: 'pool.ntp.org', moreNtp: ['192.0.2.123'] };
    expect(modelOf(ship({ networkInstances: [local(1, { ip })] })).networkInstances[0]?.network?.ntpServers).toEqual([
      '192.0.2.123',
    ]);
  });
});

describe('apps', () => {
  it('have a MAC address that stays the same, unicast and locally administered', () => {
    const json = ship({
      networkInstances: [local(1)],
      apps: [app(1, 1), app(2, 1), app(3, 1, { macAddress: '02-16-3E-00-00-01' })],
    });
    const macs = modelOf(json).apps.map(({ interfaces }) => interfaces[0]?.macAddress);
    expect(modelOf(json).apps.map(({ interfaces }) => interfaces[0]?.macAddress)).toEqual(macs);
    expect(new Set(macs).size).toBe(3);
    expect(macs[0]).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(macs[2]).toBe('02:16:3e:00:00:01');
  });

  it('find their network instance whatever the case of its UUID', () => {
    const number = 0xabc;
    const json = ship({
      networkInstances: [local(number, { ip: { subnet: '10.1.0.0/24' } })],
      apps: [app(1, number, { networkId: uuid(number).toUpperCase() })],
    });
    const { apps, networkInstances } = modelOf(json);
    expect(apps[0]?.interfaces[0]?.networkInstanceId).toBe(networkInstances[0]?.id);
  });

  it('have port maps; other rules are left aside', () => {
    const acls = [
      { matches: [{ type: 'ip', value: '0.0.0.0/0' }] },
      portMap('8080', [{ type: 'adapter', value: 'wwan0' }], 'TCP'),
      portMap('53', [], 'udp'),
    ];
    const json = ship({ networkInstances: [local(1)], apps: [app(1, 1, { acls })] });
    expect(modelOf(json).apps[0]?.interfaces[0]?.portMaps).toEqual([
      { protocol: 'tcp', externalPort: 8080, appPort: 80, adapterLabel: 'wwan0' },
      { protocol: 'udp', externalPort: 53, appPort: 80, adapterLabel: undefined },
    ]);
  });

  it.each<{ what: string; first: Json; second: Json }>([
    { what: 'another protocol', first: portMap('80'), second: portMap('80', [], 'udp') },
    { what: 'another number', first: portMap('80'), second: portMap('81') },
    {
      what: 'other ports',
      first: portMap('80', [{ type: 'adapter', value: 'eth0' }]),
      second: portMap('80', [{ type: 'adapter', value: 'wwan0' }]),
    },
  ])('may map $what', ({ first, second }) => {
    expect(
      fieldsOf(
        ship({ networkInstances: [local(1)], apps: [app(1, 1, { acls: [first] }), app(2, 1, { acls: [second] })] }),
      ),
    ).toEqual([]);
  });
});

describe('policies', () => {
  it('limit operations and downloads', () => {
    const { operationPriorities, downloadMaxCost } = modelOf({
      operationPolicies: [
        { operation: 'NETWORK_OPERATION_LOG_UPLOAD', allowed: { priorities: [0] } },
        { operation: 'NETWORK_OPERATION_APP_TRAFFIC' },
      ],
      configItems: [
        { key: 'timer.config.interval', value: 'x' },
        { key: 'network.download.max.cost', value: '7' },
      ],
    });
    expect([...operationPriorities]).toEqual([
      [NetworkOperation.NETWORK_OPERATION_LOG_UPLOAD, { kind: 'priorities', priorities: [0] }],
    ]);
    expect(downloadMaxCost).toBe(7);
  });
});

const withPort = (adapter: Json, more: Json = {}): Json => ({
  deviceIoList: [physical('eth0')],
  systemAdapterList: [{ name: 'eth0', ...adapter }],
  ...more,
});
const withInstance = (more: Json): Json => ship({ networkInstances: [local(1, more)] });
const withIp = (ip: Json): Json => withInstance({ ip: { subnet: '10.1.0.0/24', ...ip } });
const withApp = (more: Json): Json =>
  ship({ networkInstances: [local(1), local(2)], apps: [app(1, 1), app(2, 1, more)] });
const withAcl = (acl: Json): Json => withApp({ acls: [acl] });
const second = 'apps[1].interfaces[0]';

describe('what is wrong is told by field', () => {
  it.each<{ what: string; json: Json; fields: readonly string[] }>([
    {
      what: 'port without a name',
      json: { deviceIoList: [physical('eth0')], systemAdapterList: [{ lowerLayerName: 'eth0' }] },
      fields: ['systemAdapterList[0].name'],
    },
    {
      what: 'port that takes an automatic label',
      json: { deviceIoList: [physical('uplink')], systemAdapterList: [{ name: 'uplink' }] },
      fields: ['systemAdapterList[0].name'],
    },
    {
      what: 'shared label with a quote',
      json: withPort({ sharedLabels: ['ok', 'a"b'] }),
      fields: ['systemAdapterList[0].sharedLabels[1]'],
    },
    {
      what: 'automatic label as a shared one',
      json: withPort({ sharedLabels: ['all'] }),
      fields: ['systemAdapterList[0].sharedLabels[0]'],
    },
    {
      what: 'nothing under a port',
      json: withPort({ lowerLayerName: 'x' }),
      fields: ['systemAdapterList[0].lowerLayerName'],
    },
    { what: 'no such network', json: withPort({ networkUUID: uuid(9) }), fields: ['systemAdapterList[0].networkUUID'] },
    {
      what: 'two ports on one interface',
      json: {
        deviceIoList: [physical('eth0')],
        systemAdapterList: [
          { name: 'a', lowerLayerName: 'eth0' },
          { name: 'b', lowerLayerName: 'eth0' },
        ],
      },
      fields: ['systemAdapterList[1].lowerLayerName'],
    },
    {
      what: 'two ports of one name',
      json: {
        deviceIoList: [physical('eth0'), physical('eth1')],
        systemAdapterList: [
          { name: 'a', lowerLayerName: 'eth0' },
          { name: 'a', lowerLayerName: 'eth1' },
        ],
      },
      fields: ['systemAdapterList[1].name'],
    },
    {
      what: 'two physical ports of one label',
      json: { deviceIoList: [physical('eth0'), physical('eth0')] },
      fields: ['deviceIoList[1].logicallabel'],
    },
    {
      what: 'VLAN on nothing',
      json: withPort(
        { lowerLayerName: 'v' },
        { vlans: [{ logicallabel: 'v', interfaceName: 'v0', lowerLayerName: 'x' }] },
      ),
      fields: ['vlans[0].lowerLayerName'],
    },
    {
      what: 'unknown usage',
      json: { deviceIoList: [physical('eth0', { usage: 77 })], systemAdapterList: [{ name: 'eth0' }] },
      fields: ['deviceIoList[0].usage'],
    },
    {
      what: 'operation UNSPECIFIED',
      json: {
        deviceIoList: [physical('eth0', { usagePolicy: { allowedOperations: [1, 0, 42] } })],
        systemAdapterList: [{ name: 'eth0' }],
      },
      fields: ['deviceIoList[0].usagePolicy.allowedOperations[1]', 'deviceIoList[0].usagePolicy.allowedOperations[2]'],
    },
    {
      what: 'too many ports',
      json: {
        deviceIoList: Array.from({ length: MOST_PORTS + 1 }, (_, index) => physical(`eth${index}`)),
        systemAdapterList: Array.from({ length: MOST_PORTS + 1 }, (_, index) => ({ name: `eth${index}` })),
      },
      fields: ['systemAdapterList'],
    },
    ...['', 'a b', 'a/b', '.', '..', 'sixteen-letters.', 'a;b', '-a', 'ü', 'lo', 'bn7'].map((ifname) => ({
      what: `interface ${JSON.stringify(ifname)}`,
      json: { deviceIoList: [physical('eth0', { phyaddrs: { ifname } })], systemAdapterList: [{ name: 'eth0' }] },
      fields: ['deviceIoList[0].phyaddrs["ifname"]'],
    })),
    {
      what: 'no interface name at all',
      json: { deviceIoList: [physical('eth0', { phyaddrs: {} })], systemAdapterList: [{ name: 'eth0' }] },
      fields: ['deviceIoList[0].phyaddrs["ifname"]'],
    },

    {
      what: 'NI without a UUID',
      json: withInstance({ uuidandversion: { uuid: 'x' } }),
      fields: ['networkInstances[0].uuidandversion.uuid'],
    },
    {
      what: 'NI name with a newline',
      json: withInstance({ displayname: 'a\nb' }),
      fields: ['networkInstances[0].displayname'],
    },
    {
      what: 'NI label with a quote',
      json: withInstance({ port: { name: "a'b" } }),
      fields: ['networkInstances[0].port.name'],
    },
    {
      what: 'NI type of no kind',
      json: withInstance({ instType: 'ZNetInstFirst' }),
      fields: ['networkInstances[0].instType'],
    },
    {
      what: 'NI type mesh',
      json: withInstance({ instType: 'ZnetInstMesh' }),
      fields: ['networkInstances[0].instType'],
    },
    { what: 'NI of IPv6', json: withInstance({ ipType: 'IPV6' }), fields: ['networkInstances[0].ipType'] },
    { what: 'NI without addresses', json: withInstance({ ip: {} }), fields: ['networkInstances[0].ip.subnet'] },
    ...[
      '10.1.0.0',
      '10.1.0.0/31',
      '10.1.0.7/24',
      '10.1.0/24',
      '2001:db8::/64',
      '0.0.0.0/8',
      '127.1.0.0/16',
      '224.0.0.0/24',
    ].map((subnet) => ({
      what: `subnet ${subnet}`,
      json: withInstance({ ip: { subnet } }),
      fields: ['networkInstances[0].ip.subnet'],
    })),
    ...['10.1.1.1', '10.1.0.0', '10.1.0.255', 'x'].map((gateway) => ({
      what: `gateway ${gateway}`,
      json: withIp({ gateway }),
      fields: ['networkInstances[0].ip.gateway'],
    })),
    {
      what: 'range outside',
      json: withIp({ dhcpRange: { start: '10.0.0.1', end: '10.2.0.1' } }),
      fields: ['networkInstances[0].ip.dhcpRange.start', 'networkInstances[0].ip.dhcpRange.end'],
    },
    {
      what: 'range backwards',
      json: withIp({ dhcpRange: { start: '10.1.0.9', end: '10.1.0.8' } }),
      fields: ['networkInstances[0].ip.dhcpRange'],
    },
    {
      what: 'range with the gateway only',
      json: withIp({ dhcpRange: { start: '10.1.0.1', end: '10.1.0.1' } }),
      fields: ['networkInstances[0].ip.dhcpRange'],
    },
    {
      what: 'no NTP server',
      json: withIp({ ntp: 'a b', moreNtp: ['ok.example', 'x\ny'] }),
      fields: ['networkInstances[0].ip.ntp', 'networkInstances[0].ip.moreNtp[1]'],
    },
    { what: 'no name server', json: withIp({ dns: ['192.0.2.1', 'name'] }), fields: ['networkInstances[0].ip.dns[1]'] },
    { what: 'no domain', json: withIp({ domain: 'a\nb' }), fields: ['networkInstances[0].ip.domain'] },
    {
      what: 'static DNS entry',
      json: withInstance({ dns: [{ HostName: 'a b', Address: ['x'] }] }),
      fields: ['networkInstances[0].dns[0].HostName', 'networkInstances[0].dns[0].Address[0]'],
    },
    { what: 'MTU', json: withInstance({ mtu: 10 }), fields: ['networkInstances[0].mtu'] },
    {
      what: 'priorities',
      json: withInstance({ allowedPriorities: { priorities: [0, 256] } }),
      fields: ['networkInstances[0].allowedPriorities.priorities[1]'],
    },
    {
      what: 'test settings',
      json: withInstance({
        test: {
          target: 'a b',
          interval: '0.01s',
          timeout: '-1s',
          failAfter: 0,
          recoverAfter: 101,
          failbackHold: '100000s',
        },
      }),
      fields: ['target', 'interval', 'timeout', 'failAfter', 'recoverAfter', 'failbackHold'].map(
        (name) => `networkInstances[0].test.${name}`,
      ),
    },
    {
      what: 'twins',
      json: ship({ networkInstances: [local(1), local(2, { uuidandversion: { uuid: uuid(1) }, displayname: 'ni1' })] }),
      fields: ['networkInstances[1].uuidandversion.uuid', 'networkInstances[1].displayname'],
    },
    {
      what: 'overlapping subnets',
      json: ship({ networkInstances: [local(1), local(2), local(3, { ip: { subnet: '10.0.0.0/8' } })] }),
      fields: ['networkInstances[2].ip.subnet', 'networkInstances[2].ip.subnet'],
    },
    {
      what: 'too many NIs',
      json: {
        networkInstances: Array.from({ length: MOST_LOCAL_INSTANCES + 1 }, (_, index) =>
          local(index + 1, {
            ip: { subnet: `${10 + Math.floor(index / 65536)}.${Math.floor(index / 256) % 256}.${index % 256}.0/24` },
          }),
        ),
      },
      fields: ['networkInstances'],
    },

    {
      what: 'app without a UUID',
      json: ship({ apps: [{ displayname: 'a' }] }),
      fields: ['apps[0].uuidandversion.uuid'],
    },
    {
      what: 'app twins',
      json: ship({ networkInstances: [local(1)], apps: [app(1, 1), app(1, 1)] }),
      fields: ['apps[1].uuidandversion.uuid', 'apps[1].interfaces[0].macAddress'],
    },
    {
      what: 'app name with a newline',
      json: ship({ apps: [{ uuidandversion: { uuid: uuid(1) }, displayname: 'a\nb' }] }),
      fields: ['apps[0].displayname'],
    },
    {
      what: 'interface twins',
      json: ship({
        networkInstances: [local(1)],
        apps: [
          {
            ...app(1, 1),
            interfaces: [
              { name: 'a', networkId: uuid(1) },
              { name: 'a', networkId: uuid(1), macAddress: '02:00:00:00:00:01' },
            ],
          },
        ],
      }),
      fields: ['apps[0].interfaces[1].name'],
    },
    { what: 'no such NI', json: withApp({ networkId: uuid(77) }), fields: [`${second}.networkId`] },
    ...['x', 'ff:00:00:00:00:01', '00:00:00:00:00:00', '02:16:3e:00:00'].map((macAddress) => ({
      what: `MAC ${macAddress}`,
      json: withApp({ macAddress }),
      fields: [`${second}.macAddress`],
    })),
    ...['x', '10.2.0.9', '10.1.0.0', '10.1.0.255', '10.1.0.1'].map((addr) => ({
      what: `address ${addr}`,
      json: withApp({ addr }),
      fields: [`${second}.addr`],
    })),
    {
      what: 'addresses twice',
      json: ship({
        networkInstances: [local(1)],
        apps: [app(1, 1, { addr: '10.1.0.9' }), app(2, 1, { addr: '10.1.0.9' })],
      }),
      fields: [`${second}.addr`],
    },
    { what: 'host name', json: withApp({ hostname: 'a b' }), fields: [`${second}.hostname`] },
    {
      what: 'port map without matches',
      json: withAcl({ actions: [{ portmap: true, appPort: 1 }] }),
      fields: [`${second}.acls[0].matches`, `${second}.acls[0].matches`],
    },
    {
      what: 'port map of another protocol',
      json: withAcl(portMap('80', [], 'sctp')),
      fields: [`${second}.acls[0].matches[0].value`],
    },
    ...['0', '65536', '-1', '80-90', '8 0', ''].map((lport) => ({
      what: `lport ${JSON.stringify(lport)}`,
      json: withAcl(portMap(lport)),
      fields: [`${second}.acls[0].matches[1].value`],
    })),
    {
      what: 'port map to no port',
      json: withAcl({ ...portMap('80'), actions: [{ portmap: true }] }),
      fields: [`${second}.acls[0].actions[0].appPort`],
    },
    {
      what: 'port map that is narrowed',
      json: withAcl(portMap('80', [{ type: 'ip', value: '192.0.2.0/24' }])),
      fields: [`${second}.acls[0].matches[2].type`],
    },
    {
      what: 'port map that drops, too',
      json: withAcl({ ...portMap('80'), actions: [{ portmap: true, appPort: 1 }, { drop: true }] }),
      fields: [`${second}.acls[0].actions`],
    },
    {
      what: 'port map with two numbers',
      json: withAcl(portMap('80', [{ type: 'lport', value: '81' }])),
      fields: [`${second}.acls[0].matches[2].type`],
    },
    {
      what: 'port map with an adapter that is no port of the NI',
      json: withAcl(portMap('80', [{ type: 'adapter', value: 'sat0' }])),
      fields: [`${second}.acls[0]`],
    },
    {
      what: 'port map of a switch',
      json: ship({
        networkInstances: [local(1, { instType: 'ZnetInstSwitch' })],
        apps: [app(1, 1, { acls: [portMap('80')] })],
      }),
      fields: ['apps[0].interfaces[0].acls[0]'],
    },
    {
      what: 'port maps that clash',
      json: ship({
        networkInstances: [local(1), local(2, { port: { name: 'wwan0' } })],
        apps: [app(1, 1, { acls: [portMap('80')] }), app(2, 2, { acls: [portMap('81'), portMap('80')] })],
      }),
      fields: [`${second}.acls[1]`],
    },
    {
      what: 'port maps that clash through labels',
      json: ship({
        networkInstances: [local(1)],
        apps: [
          app(1, 1, { acls: [portMap('80', [{ type: 'adapter', value: 'freeuplink' }])] }),
          app(2, 1, { acls: [portMap('80', [{ type: 'adapter', value: 'eth0' }])] }),
        ],
      }),
      fields: [`${second}.acls[0]`],
    },

    {
      what: 'operation policies',
      json: {
        operationPolicies: [
          { operation: 0 },
          { operation: 99 },
          { operation: 1 },
          { operation: 1, allowed: { priorities: [300] } },
        ],
      },
      fields: [
        'operationPolicies[0].operation',
        'operationPolicies[1].operation',
        'operationPolicies[3].allowed.priorities[0]',
        'operationPolicies[3].operation',
      ],
    },
    ...['256', '-1', '1.5', '', 'x'].map((value) => ({
      what: `download limit ${JSON.stringify(value)}`,
      json: { configItems: [{ key: 'network.download.max.cost', value }] },
      fields: ['configItems[0].value'],
    })),
  ])('$what', ({ json, fields }) => {
    expect(fieldsOf(json)).toEqual(fields);
  });

  it('all at once, across the whole configuration', () => {
    const json = ship({
      deviceIoList: [physical('eth0', { phyaddrs: { ifname: 'a b' } }), physical('wwan0')],
      networkInstances: [local(1, { ip: {} }), local(2, { test: { failAfter: 0 } })],
      apps: [app(1, 7, { macAddress: 'x' })],
      configItems: [{ key: 'network.download.max.cost', value: '999' }],
    });
    expect(fieldsOf(json)).toEqual([
      'deviceIoList[0].phyaddrs["ifname"]',
      'networkInstances[0].ip.subnet',
      'networkInstances[1].test.failAfter',
      'apps[0].interfaces[0].networkId',
      'apps[0].interfaces[0].macAddress',
      'configItems[0].value',
    ]);
  });
});

describe('interpret', () => {
  it('never throws, and answers a model or problems, each with a field and a reason (property)', () => {
    let valid = 0;
    fc.assert(
      fc.property(randomConfigJson, (json) => {
        const config = configFromJson(json);
        const interpretation = interpret(config);
        if (interpretation.kind === 'valid') {
          valid += 1;
          expect(interpretation.model.ports).toHaveLength(config.systemAdapterList.length);
          expect(interpretation.model.networkInstances).toHaveLength(config.networkInstances.length);
        } else {
          expect(interpretation.problems.length).toBeGreaterThan(0);
          for (const { field, description } of interpretation.problems) {
            expect(field).not.toBe('');
            expect(description).not.toBe('');
          }
        }
        expect(interpret(config)).toEqual(interpretation);
      }),
      { numRuns: 500 },
    );
    expect(valid).toBeGreaterThan(0);
  });

  it('never throws at random bytes that decode (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let config: EdgeDevConfig;
        try {
          config = EdgeDevConfig.decode(bytes);
        } catch {
          return;
        }
        expect(['valid', 'invalid']).toContain(interpret(config).kind);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of 500 network instances with 100 port maps each takes less than a second or two', () => {
    const networkInstances = Array.from({ length: 500 }, (_, index) =>
      local(index + 1, { ip: { subnet: `10.${Math.floor(index / 250)}.${index % 250}.0/24` } }),
    );
    const apps = networkInstances.map((_, index) =>
      app(index, index + 1, {
        acls: Array.from({ length: 100 }, (_unused, map) =>
          portMap(String(1000 + map + 100 * (index % 600)), [], index % 2 === 0 ? 'tcp' : 'udp'),
        ),
      }),
    );
    const config = configFromJson(ship({ networkInstances, apps }));
    const startedAt = performance.now();
    expect(interpret(config).kind).toBe('valid');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
