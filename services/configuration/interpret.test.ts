import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { configFromJson, interpret, type DeviceModel, type Problem } from './index.js';

const NI = '11111111-1111-4111-8111-111111111111';
const APP = '22222222-2222-4222-8222-222222222222';

const physical = (name: string, more: object = {}) => ({ logicallabel: name, phyaddrs: { ifname: name }, ...more });
const adapter = (name: string, more: object = {}) => ({ name, uplink: true, lowerLayerName: name, ...more });
const instance = (more: object = {}) => ({
  uuidandversion: { uuid: NI },
  displayname: 'default',
  instType: 'ZnetInstLocal',
  activate: true,
  port: { name: 'uplink' },
  ip: { subnet: '10.1.0.0/24', gateway: '10.1.0.1' },
  ...more,
});
const portMap = (protocol: string, lport: string, appPort: number, adapterLabel?: string) => ({
  matches: [
    { type: 'protocol', value: protocol },
    { type: 'lport', value: lport },
    ...(adapterLabel === undefined ? [] : [{ type: 'adapter', value: adapterLabel }]),
  ],
  actions: [{ portmap: true, appPort }],
});
const app = (acls: readonly object[], more: object = {}) => ({
  uuidandversion: { uuid: APP },
  displayname: 'app',
  activate: true,
  interfaces: [{ name: 'eth0', networkId: NI, acls, ...more }],
});

function modelOf(json: object): DeviceModel {
  const interpretation = interpret(configFromJson(json));
  if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems));
  return interpretation.model;
}

function problemsOf(json: object): readonly Problem[] {
  const interpretation = interpret(configFromJson(json));
  return interpretation.kind === 'invalid' ? interpretation.problems : [];
}

describe('the priority of a port', () => {
  it.each([
    { what: 'nothing said', io: {}, sa: {}, want: 0 },
    { what: 'cost', io: {}, sa: { cost: 7 }, want: 7 },
    { what: 'fallBackPriority before cost', io: { usagePolicy: { fallBackPriority: 2 } }, sa: { cost: 7 }, want: 2 },
    { what: 'fallBackPriority 0 before cost', io: { usagePolicy: { fallBackPriority: 0 } }, sa: { cost: 7 }, want: 0 },
    { what: 'cost beyond 255 is clamped', io: {}, sa: { cost: 300 }, want: 255 },
  ])('$what', ({ io, sa, want }) => {
    const { ports } = modelOf({ deviceIoList: [physical('eth0', io)], systemAdapterList: [adapter('eth0', sa)] });
    expect(ports[0]?.priority).toBe(want);
  });

  it('follows freeUplink of controllers that know nothing else', () => {
    const { ports } = modelOf({
      deviceIoList: [physical('eth0', { usagePolicy: { freeUplink: true } }), physical('wwan0')],
      systemAdapterList: [adapter('eth0'), adapter('wwan0')],
    });
    expect(ports.map(({ label, priority, labels }) => ({ label, priority, labels }))).toEqual([
      { label: 'eth0', priority: 0, labels: ['eth0', 'all', 'uplink', 'freeuplink'] },
      { label: 'wwan0', priority: 1, labels: ['wwan0', 'all', 'uplink'] },
    ]);
  });
});

describe('interpret', () => {
  it('fills in defaults, and tells "not set" from "empty"', () => {
    const { networkInstances, operationPriorities } = modelOf({
      networkInstances: [instance({ allowedPriorities: {} })],
      operationPolicies: [{ operation: 'NETWORK_OPERATION_CONTROLLER', allowed: { priorities: [1, 0, 1] } }],
    });
    expect(networkInstances[0]).toMatchObject({
      allowedPriorities: { kind: 'priorities', priorities: [] },
      test: { failbackHoldMs: 30_000, target: undefined },
      network: { gateway: '10.1.0.1', dhcpRange: { first: '10.1.0.1', last: '10.1.0.254' } },
    });
    expect(modelOf({ networkInstances: [instance()] }).networkInstances[0]?.allowedPriorities).toBeUndefined();
    expect(operationPriorities.get(NetworkOperation.NETWORK_OPERATION_CONTROLLER)).toEqual({
      kind: 'priorities',
      priorities: [0, 1],
    });
  });

  it('makes a MAC address that stays the same where none is named', () => {
    const mac = () => modelOf({ networkInstances: [instance()], apps: [app([])] }).apps[0]?.interfaces[0]?.macAddress;
    expect(mac()).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(mac()).toBe(mac());
  });

  it.each<{ what: string; json: object; fields: readonly string[] }>([
    {
      what: 'an interface name that would be an argument of its own',
      json: {
        deviceIoList: [physical('a', { phyaddrs: { ifname: 'eth0; reboot' } })],
        systemAdapterList: [adapter('a')],
      },
      fields: ['deviceIoList[0].phyaddrs["ifname"]'],
    },
    {
      what: 'the same port twice',
      json: { deviceIoList: [physical('eth0')], systemAdapterList: [adapter('eth0'), adapter('eth0')] },
      fields: ['systemAdapterList[1].name', 'systemAdapterList[1].lowerLayerName'],
    },
    {
      what: 'a network that does not exist',
      json: { deviceIoList: [physical('eth0')], systemAdapterList: [adapter('eth0', { networkUUID: 'x' })] },
      fields: ['systemAdapterList[0].networkUUID'],
    },
    {
      what: 'subnets that overlap',
      json: {
        networkInstances: [
          instance(),
          instance({ uuidandversion: { uuid: APP }, displayname: 'other', ip: { subnet: '10.1.0.128/25' } }),
        ],
      },
      fields: ['networkInstances[1].ip.subnet'],
    },
    {
      what: 'a gateway outside, a range upside down, an IPv6 instance',
      json: {
        networkInstances: [
          instance({
            ipType: 'IPV6',
            ip: { subnet: '10.1.0.0/24', gateway: '10.2.0.1', dhcpRange: { start: '10.1.0.9', end: '10.1.0.2' } },
          }),
        ],
      },
      fields: ['networkInstances[0].ipType', 'networkInstances[0].ip.gateway', 'networkInstances[0].ip.dhcpRange'],
    },
    {
      what: 'times out of bounds',
      json: { networkInstances: [instance({ test: { interval: '0.01s', failbackHold: '-1s', failAfter: 0 } })] },
      fields: [
        'networkInstances[0].test.interval',
        'networkInstances[0].test.failAfter',
        'networkInstances[0].test.failbackHold',
      ],
    },
    {
      what: 'an app of nowhere, with a multicast MAC',
      json: { apps: [app([], { networkId: 'x', macAddress: '01:00:5e:00:00:01' })] },
      fields: ['apps[0].interfaces[0].networkId', 'apps[0].interfaces[0].macAddress'],
    },
    {
      what: "the gateway's address for an app",
      json: { networkInstances: [instance()], apps: [app([], { addr: '10.1.0.1' })] },
      fields: ['apps[0].interfaces[0].addr'],
    },
    {
      what: 'port maps that clash, or make no sense',
      json: {
        deviceIoList: [physical('eth0')],
        systemAdapterList: [adapter('eth0')],
        networkInstances: [instance()],
        apps: [
          app([
            portMap('tcp', '8080', 80),
            portMap('TCP', '8080', 81),
            portMap('udp', '8080', 82),
            portMap('icmp', '0', 70_000),
            portMap('tcp', '9000', 1, 'nowhere'),
          ]),
        ],
      },
      fields: [
        'apps[0].interfaces[0].acls[3].matches',
        'apps[0].interfaces[0].acls[3].matches',
        'apps[0].interfaces[0].acls[3].actions[0].appPort',
        'apps[0].interfaces[0].acls',
        'apps[0].interfaces[0].acls',
      ],
    },
    {
      what: 'policies out of range',
      json: {
        operationPolicies: [{ operation: 99, allowed: { priorities: [256] } }, { operation: 99 }],
        configItems: [{ key: 'network.download.max.cost', value: 'many' }],
      },
      fields: [
        'operationPolicies[0].operation',
        'operationPolicies[0].allowed.priorities[0]',
        'operationPolicies[1].operation',
        'operationPolicies[1].operation',
        'configItems[0].value',
      ],
    },
  ])('refuses $what, with the path of each field', ({ json, fields }) => {
    expect(problemsOf(json).map(({ field }) => field)).toEqual(fields);
  });

  it('answers a model or problems for whatever bytes decode', () => {
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
      { numRuns: 2_000 },
    );
  });
});
