import { describe, expect, it } from '@jest/globals';

import { MOST_LOCAL_INSTANCES, targetKey } from './index.js';
import { fieldsOf, local, modelOf, ship, uuid, type Json } from './testing/ship-json.js';

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
      furtherTargets: ['192.0.2.2'],
      targetsNeeded: 2,
      payloadBytes: 100,
      interval: '0.5s',
      timeout: '2s',
      failAfter: 3,
      recoverAfter: 2,
      failbackHold: '0s',
      failoverHold: '1.5s',
      lossThresholdPercent: 20,
      latencyThreshold: '0.4s',
      latencyClear: '0.1s',
    };
    expect(modelOf(ship({ networkInstances: [local(1, { test })] })).networkInstances[0]?.test).toEqual({
      target: { kind: 'tcp', host: { kind: 'address', family: 4, address: '192.0.2.1' }, port: 443 },
      furtherTargets: [{ kind: 'icmp', host: { kind: 'address', family: 4, address: '192.0.2.2' } }],
      targetsNeeded: 2,
      payloadBytes: 100,
      gatewayPing: undefined,
      intervalMs: 500,
      timeoutMs: 2000,
      failAfter: 3,
      recoverAfter: 2,
      failbackHoldMs: 0,
      failoverHoldMs: 1_500,
      quality: { lossPercent: { poorFrom: 20, goodBelow: 10 }, latencyMs: { poorFrom: 400, goodBelow: 100 } },
    });
  });

  const icmp = { probeMethod: 'CONNECTIVITY_PROBE_METHOD_ICMP', probeEndpoint: { host: '192.0.2.1' } };
  const tcp = { probeMethod: 'CONNECTIVITY_PROBE_METHOD_TCP', probeEndpoint: { host: 'Ship.Example', port: 443 } };
  const pinging = { enableGwPing: true, gwPingMaxCost: 300 };
  const route = (destinationNetwork: string, probe?: Json): Json => ({ destinationNetwork, probe });

  it.each<[string, Json, string | undefined, number | undefined]>([
    [
      'the default route, ICMP',
      { staticRoutes: [route('0.0.0.0/0', { customProbe: icmp })] },
      'icmp://192.0.2.1',
      undefined,
    ],
    [
      'the default route, TCP',
      { staticRoutes: [route('::/0', { customProbe: tcp })] },
      'tcp://ship.example:443',
      undefined,
    ],
    [
      'a route without destination',
      { staticRoutes: [route('', { customProbe: tcp })] },
      'tcp://ship.example:443',
      undefined,
    ],
    ['another route', { staticRoutes: [route('10.9.0.0/16', { ...pinging, customProbe: tcp })] }, undefined, undefined],
    [
      'two default routes',
      { staticRoutes: [route('', pinging), route('', { customProbe: icmp }), route('', { customProbe: tcp })] },
      'icmp://192.0.2.1',
      255,
    ],
    ['a gateway ping alone', { staticRoutes: [route('0.0.0.0/0', { enableGwPing: true })] }, undefined, 0],
    [
      'a limit without a gateway ping',
      { staticRoutes: [route('0.0.0.0/0', { gwPingMaxCost: 5 })] },
      undefined,
      undefined,
    ],
    [
      'an empty probe',
      { staticRoutes: [route('0.0.0.0/0', { customProbe: {} }), route('0.0.0.0/0')] },
      undefined,
      undefined,
    ],
    [
      'a target of our own beside it',
      { staticRoutes: [route('', { ...pinging, customProbe: tcp })], test: { target: '192.0.2.9' } },
      'icmp://192.0.2.9',
      255,
    ],
  ])("honour EVE's probe of %s", (_what, more, key, maxPriority) => {
    const test = modelOf(ship({ networkInstances: [local(1, JSON.parse(JSON.stringify(more)) as Json)] }))
      .networkInstances[0]?.test;
    expect(test?.target === undefined ? undefined : targetKey(test.target)).toBe(key);
    expect(test?.gatewayPing?.maxPriority).toBe(maxPriority);
  });

  it("hand out NTP servers that have an address; names are EVE's affair", () => {
    const ip = { subnet: '10.1.0.0/24', ntp: 'pool.ntp.org', moreNtp: ['192.0.2.123'] };
    expect(modelOf(ship({ networkInstances: [local(1, { ip })] })).networkInstances[0]?.network?.ntpServers).toEqual([
      '192.0.2.123',
    ]);
  });
});

const withInstance = (more: Json): Json => ship({ networkInstances: [local(1, more)] });
const withIp = (ip: Json): Json => withInstance({ ip: { subnet: '10.1.0.0/24', ...ip } });

describe('problems of network instances are told by field', () => {
  it.each<{ what: string; json: Json; fields: readonly string[] }>([
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
    {
      what: 'switch with several ports',
      json: withInstance({ instType: 'ZnetInstSwitch' }),
      fields: ['networkInstances[0].port.name'],
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
    {
      what: 'more NTP servers than a lease can name',
      json: withIp({ moreNtp: Array.from({ length: 61 }, (_, index) => `192.0.2.${index}`) }),
      fields: ['networkInstances[0].ip.moreNtp'],
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
          failoverHold: '100000s',
          lossThresholdPercent: 101,
          lossClearPercent: 5,
          latencyThreshold: '0.1s',
          latencyClear: '0.2s',
          payloadBytes: 1_373,
        },
      }),
      fields: [
        'target',
        'interval',
        'timeout',
        'payloadBytes',
        'failAfter',
        'recoverAfter',
        'failbackHold',
        'failoverHold',
        'lossThresholdPercent',
        'lossClearPercent',
        'latencyClear',
      ].map((name) => `networkInstances[0].test.${name}`),
    },
    {
      what: 'further targets without a first one',
      json: withInstance({ test: { furtherTargets: ['192.0.2.1'] } }),
      fields: ['networkInstances[0].test.furtherTargets'],
    },
    {
      what: 'further targets that cannot be read, or are named already',
      json: withInstance({
        test: { target: '192.0.2.1', furtherTargets: ['a b', 'icmp://192.0.2.1'], targetsNeeded: 0 },
      }),
      fields: ['furtherTargets[0]', 'furtherTargets[1]', 'targetsNeeded'].map(
        (name) => `networkInstances[0].test.${name}`,
      ),
    },
    {
      what: 'more targets needed than there are',
      json: withInstance({ test: { target: '192.0.2.1', furtherTargets: ['192.0.2.2'], targetsNeeded: 3 } }),
      fields: ['networkInstances[0].test.targetsNeeded'],
    },
    {
      what: 'too many targets',
      json: withInstance({
        test: { target: '192.0.2.1', furtherTargets: Array.from({ length: 8 }, (_, host) => `192.0.2.${host + 2}`) },
      }),
      fields: ['networkInstances[0].test.furtherTargets'],
    },
    {
      what: 'a time limit that leaves nothing of the interval',
      json: withInstance({ test: { target: 'icmp://192.0.2.1', interval: '1s', timeout: '10.001s' } }),
      fields: ['networkInstances[0].test.timeout'],
    },
    {
      what: "EVE's probes, also where another target wins",
      json: withInstance({
        test: { target: 'icmp://192.0.2.1' },
        staticRoutes: [
          { probe: { customProbe: { probeMethod: 'CONNECTIVITY_PROBE_METHOD_ICMP' } } },
          { probe: { customProbe: { probeMethod: 9 } } },
          {
            destinationNetwork: '::/0',
            probe: {
              customProbe: { probeMethod: 'CONNECTIVITY_PROBE_METHOD_TCP', probeEndpoint: { host: 'a b', port: 7 } },
            },
          },
        ],
      }),
      fields: [
        '[0].probe.customProbe.probeEndpoint',
        '[1].probe.customProbe.probeMethod',
        '[2].probe.customProbe.probeEndpoint',
      ].map((rest) => `networkInstances[0].staticRoutes${rest}`),
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
  ])('$what', ({ json, fields }) => {
    expect(fieldsOf(json)).toEqual(fields);
  });
});
