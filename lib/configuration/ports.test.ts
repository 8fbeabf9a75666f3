import { describe, expect, it } from '@jest/globals';

import { MOST_PORTS, type Port } from './index.js';
import { fieldsOf, modelOf, physical, portOf, ship, uuid, type Json } from './testing/ship-json.js';

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

const withPort = (adapter: Json, more: Json = {}): Json => ({
  deviceIoList: [physical('eth0')],
  systemAdapterList: [{ name: 'eth0', ...adapter }],
  ...more,
});

describe('problems of ports are told by field', () => {
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
      what: 'a tariff that nobody can pay by',
      json: {
        deviceIoList: [
          physical('eth0', {
            usagePolicy: {
              tariff: {
                pricePerGb: -1,
                currency: 'much too long',
                includedBytes: '18446744073709551615',
                billingDay: 29,
              },
            },
          }),
        ],
        systemAdapterList: [{ name: 'eth0' }],
      },
      fields: ['pricePerGb', 'currency', 'includedBytes', 'billingDay'].map(
        (field) => `deviceIoList[0].usagePolicy.tariff.${field}`,
      ),
    },
    {
      what: 'too many ports',
      json: {
        deviceIoList: Array.from({ length: MOST_PORTS + 1 }, (_, index) => physical(`eth${index}`)),
        systemAdapterList: Array.from({ length: MOST_PORTS + 1 }, (_, index) => ({ name: `eth${index}` })),
      },
      fields: ['systemAdapterList'],
    },
    ...[
      '',
      'a b',
      'a/b',
      '.',
      '..',
      'sixteen-letters.',
      'a;b',
      'a:b',
      'a"b',
      'a\\b',
      'a\tb',
      '-a',
      'ü',
      'all',
      'default',
      'lo',
      'bn7',
    ].map((ifname) => ({
      what: `interface ${JSON.stringify(ifname)}`,
      json: { deviceIoList: [physical('eth0', { phyaddrs: { ifname } })], systemAdapterList: [{ name: 'eth0' }] },
      fields: ['deviceIoList[0].phyaddrs["ifname"]'],
    })),
    {
      what: 'no interface name at all',
      json: { deviceIoList: [physical('eth0', { phyaddrs: {} })], systemAdapterList: [{ name: 'eth0' }] },
      fields: ['deviceIoList[0].phyaddrs["ifname"]'],
    },
  ])('$what', ({ json, fields }) => {
    expect(fieldsOf(json)).toEqual(fields);
  });
});

describe('names of interfaces', () => {
  it.each(['e', '.wlan', '...', 'eth0.100', 'wwan_0-a', 'fifteen-letters', 'all0', 'Default'])('takes %s', (ifname) => {
    const json = { deviceIoList: [physical('eth0', { phyaddrs: { ifname } })], systemAdapterList: [{ name: 'eth0' }] };
    expect(modelOf(json).ports.map(({ interfaceName }) => interfaceName)).toEqual([ifname]);
  });
});
