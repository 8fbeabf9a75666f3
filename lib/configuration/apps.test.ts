import { describe, expect, it } from '@jest/globals';

import { app, fieldsOf, local, modelOf, portMap, ship, uuid, type Json } from './testing/ship-json.js';

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

const withApp = (more: Json): Json =>
  ship({ networkInstances: [local(1), local(2)], apps: [app(1, 1), app(2, 1, more)] });
const withAcl = (acl: Json): Json => withApp({ acls: [acl] });
const SECOND = 'apps[1].interfaces[0]';

describe('problems of apps are told by field', () => {
  it.each<{ what: string; json: Json; fields: readonly string[] }>([
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
    { what: 'no such NI', json: withApp({ networkId: uuid(77) }), fields: [`${SECOND}.networkId`] },
    ...['x', 'ff:00:00:00:00:01', '00:00:00:00:00:00', '02:16:3e:00:00'].map((macAddress) => ({
      what: `MAC ${macAddress}`,
      json: withApp({ macAddress }),
      fields: [`${SECOND}.macAddress`],
    })),
    ...['x', '10.2.0.9', '10.1.0.0', '10.1.0.255', '10.1.0.1'].map((addr) => ({
      what: `address ${addr}`,
      json: withApp({ addr }),
      fields: [`${SECOND}.addr`],
    })),
    {
      what: 'addresses twice',
      json: ship({
        networkInstances: [local(1)],
        apps: [app(1, 1, { addr: '10.1.0.9' }), app(2, 1, { addr: '10.1.0.9' })],
      }),
      fields: [`${SECOND}.addr`],
    },
    ...['a b', 'ignore', 'IGNORE', '_x', '8.8.8.8', '3600', '45m', 'infinite'].map((hostname) => ({
      what: `host name ${hostname}, as dnsmasq reads it,`,
      json: withApp({ hostname }),
      fields: [`${SECOND}.hostname`],
    })),
    {
      what: 'more apps than addresses',
      json: ship({
        networkInstances: [local(1, { ip: { subnet: '10.1.0.0/29' } })],
        // The gateway has .1, the first app .2; .3 to .6 are left.
        apps: [app(1, 1, { addr: '10.1.0.2' }), ...[2, 3, 4, 5, 6].map((n) => app(n, 1))].map((each) => ({
          ...each,
          activate: true,
        })),
      }),
      fields: ['apps[5].interfaces[0]'],
    },
    {
      what: 'port map without matches',
      json: withAcl({ actions: [{ portmap: true, appPort: 1 }] }),
      fields: [`${SECOND}.acls[0].matches`, `${SECOND}.acls[0].matches`],
    },
    {
      what: 'port map of another protocol',
      json: withAcl(portMap('80', [], 'sctp')),
      fields: [`${SECOND}.acls[0].matches[0].value`],
    },
    ...['0', '65536', '-1', '80-90', '8 0', ''].map((lport) => ({
      what: `lport ${JSON.stringify(lport)}`,
      json: withAcl(portMap(lport)),
      fields: [`${SECOND}.acls[0].matches[1].value`],
    })),
    {
      what: 'port map to no port',
      json: withAcl({ ...portMap('80'), actions: [{ portmap: true }] }),
      fields: [`${SECOND}.acls[0].actions[0].appPort`],
    },
    {
      what: 'port map with a remote port',
      json: withAcl(portMap('80', [{ type: 'fport', value: '81' }])),
      fields: [`${SECOND}.acls[0].matches[2].type`],
    },
    {
      what: 'port map that drops, too',
      json: withAcl({ ...portMap('80'), actions: [{ portmap: true, appPort: 1 }, { drop: true }] }),
      fields: [`${SECOND}.acls[0].actions`],
    },
    {
      what: 'port map with two numbers',
      json: withAcl(portMap('80', [{ type: 'lport', value: '81' }])),
      fields: [`${SECOND}.acls[0].matches[2].type`],
    },
    {
      what: 'port map with an adapter that is no port of the NI',
      json: withAcl(portMap('80', [{ type: 'adapter', value: 'sat0' }])),
      fields: [`${SECOND}.acls[0]`],
    },
    {
      what: 'port map of a switch',
      json: ship({
        networkInstances: [local(1, { instType: 'ZnetInstSwitch', port: { name: 'eth0' } })],
        apps: [app(1, 1, { acls: [portMap('80')] })],
      }),
      fields: ['apps[0].interfaces[0].acls[0]'],
    },
    {
      what: 'what is not built for apps of a switch',
      json: ship({
        networkInstances: [local(1, { instType: 'ZnetInstSwitch', port: { name: 'eth0' } })],
        apps: [
          app(1, 1, {
            accessVlanId: 7,
            acls: [
              { id: 1, matches: [{ type: 'adapter', value: 'eth0' }] },
              { id: 2, actions: [{ limit: true, limitrate: 1, limitunit: 's' }] },
            ],
          }),
        ],
      }),
      fields: [
        'apps[0].interfaces[0].accessVlanId',
        'apps[0].interfaces[0].acls[0].matches[0].type',
        'apps[0].interfaces[0].acls[1].actions',
      ],
    },
    {
      what: 'port maps that clash',
      json: ship({
        networkInstances: [local(1), local(2, { port: { name: 'wwan0' } })],
        apps: [app(1, 1, { acls: [portMap('80')] }), app(2, 2, { acls: [portMap('81'), portMap('80')] })],
      }),
      fields: [`${SECOND}.acls[1]`],
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
      fields: [`${SECOND}.acls[0]`],
    },
  ])('$what', ({ json, fields }) => {
    expect(fieldsOf(json)).toEqual(fields);
  });
});
