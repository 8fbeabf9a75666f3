import { describe, expect, it } from '@jest/globals';

import type { AccessEntry } from './index.js';
import { app, fieldsOf, local, modelOf, portMap, ship, type Json } from './testing/ship-json.js';

const withList = (acls: readonly Json[], instance: Json = local(1)): Json =>
  ship({ networkInstances: [instance], apps: [app(1, 1, { acls })] });
const entryOf = (acl: Json): AccessEntry | undefined => modelOf(withList([acl])).apps[0]?.interfaces[0]?.accessList[0];
const match = (type: string, value = ''): Json => ({ type, value });
const matching = (...matches: readonly Json[]): Json => ({ id: 1, matches });
const acting = (...actions: readonly Json[]): Json => ({ id: 1, actions });
const tcp = match('protocol', 'tcp');
const AT = 'apps[0].interfaces[0].acls';

describe('an entry of an access list', () => {
  it('that says nothing allows everything, both ways', () => {
    expect(entryOf({})).toEqual({
      id: 0,
      name: '',
      direction: 'both',
      remoteNetwork: undefined,
      remoteName: undefined,
      remoteIsMember: false,
      protocol: undefined,
      localPorts: undefined,
      remotePorts: undefined,
      adapterLabel: undefined,
      action: 'allow',
      rate: undefined,
      portMap: undefined,
    });
  });

  it.each<{ what: string; acl: Json; entry: Partial<AccessEntry> }>([
    { what: 'id and name', acl: { id: 0xff_ffff, name: 'web' }, entry: { id: 0xff_ffff, name: 'web' } },
    { what: 'direction', acl: { dir: 'EGRESS' }, entry: { direction: 'egress' } },
    { what: 'drop', acl: acting({ drop: true }), entry: { action: 'drop' } },
    { what: 'an action that says nothing', acl: acting({}), entry: { action: 'allow' } },
    {
      what: 'an address',
      acl: matching(match('ip', '192.0.2.9')),
      entry: { remoteNetwork: { text: '192.0.2.9', prefixLength: 32, first: 0xc0000209, last: 0xc0000209 } },
    },
    {
      what: 'a prefix, whatever its host bits',
      acl: matching(match('ip', '192.0.2.9/24')),
      entry: { remoteNetwork: { text: '192.0.2.0', prefixLength: 24, first: 0xc0000200, last: 0xc00002ff } },
    },
    { what: 'IPv6', acl: matching(match('ip', '2001:db8::/32')), entry: { remoteNetwork: 'ipv6' } },
    { what: 'a name', acl: matching(match('host', 'Example.COM.')), entry: { remoteName: 'example.com' } },
    { what: 'members, whose value says nothing', acl: matching(match('eidset', 'x')), entry: { remoteIsMember: true } },
    { what: 'a protocol by name', acl: matching(match('protocol', 'GRE')), entry: { protocol: 47 } },
    { what: 'a protocol by number', acl: matching(match('protocol', '0')), entry: { protocol: 0 } },
    { what: 'every protocol', acl: matching(match('protocol', 'all')), entry: { protocol: undefined } },
    {
      what: 'ports',
      acl: matching(tcp, match('lport', '80'), match('fport', '1000:2000')),
      entry: { localPorts: { first: 80, last: 80 }, remotePorts: { first: 1000, last: 2000 } },
    },
    { what: 'an adapter', acl: matching(match('adapter', 'eth0')), entry: { adapterLabel: 'eth0' } },
    {
      what: 'a limit',
      acl: acting({ limit: true, limitrate: 10, limitunit: 'm', limitburst: 30 }),
      entry: { action: 'allow', rate: { packets: 10, per: 'minute', burst: 30 } },
    },
    {
      what: "a limit with iptables' burst",
      acl: acting({ limit: true, limitrate: 10, limitunit: 's' }),
      entry: { rate: { packets: 10, per: 'second', burst: 5 } },
    },
    {
      what: 'a port map, which is for what comes in',
      acl: { ...portMap('8080', [match('ip', '192.0.2.0/24')]), dir: 'EGRESS' },
      entry: {
        direction: 'ingress',
        protocol: 6,
        localPorts: { first: 8080, last: 8080 },
        portMap: { protocol: 'tcp', externalPort: 8080, appPort: 80, adapterLabel: undefined },
      },
    },
    {
      what: 'a port map with a limit',
      acl: {
        ...portMap('8080'),
        actions: [{ portmap: true, appPort: 80, limit: true, limitrate: 1, limitunit: 's' }],
      },
      entry: { rate: { packets: 1, per: 'second', burst: 5 } },
    },
  ])('takes $what', ({ acl, entry }) => {
    expect(entryOf(acl)).toMatchObject(entry);
  });

  it('may lead to one port of an app for several remote ends', () => {
    const from = (ip: string, appPort = 80): Json => ({
      ...portMap('8080', [match('ip', ip)]),
      actions: [{ portmap: true, appPort }],
    });
    expect(fieldsOf(withList([from('192.0.2.0/24'), from('198.51.100.0/24')]))).toEqual([]);
    expect(fieldsOf(withList([from('192.0.2.0/24'), from('198.51.100.0/24', 81)]))).toEqual([`${AT}[1]`]);
    expect(fieldsOf(withList([from('192.0.2.0/24'), portMap('8080')]))).toEqual([`${AT}[1]`]);
  });
});

describe('what is wrong with an access list is told by field', () => {
  it.each<{ what: string; acls: readonly Json[]; fields: readonly string[] }>([
    { what: 'an id twice', acls: [{ id: 3 }, { id: 4 }, { id: 3 }], fields: ['[2].id'] },
    { what: 'an id that is too large', acls: [{ id: 0x100_0000 }], fields: ['[0].id'] },
    { what: 'a negative id', acls: [{ id: -1 }], fields: ['[0].id'] },
    { what: 'a name with a newline', acls: [{ id: 1, name: 'a\nb' }], fields: ['[0].name'] },
    { what: 'an unknown match', acls: [matching(match('port', '80'))], fields: ['[0].matches[0].type'] },
    { what: 'no type', acls: [matching(match(''))], fields: ['[0].matches[0].type'] },
    { what: 'a type twice', acls: [matching(tcp, match('protocol', 'udp'))], fields: ['[0].matches[1].type'] },
    {
      what: 'host with eidset',
      acls: [matching(match('eidset'), match('host', 'example.com'))],
      fields: ['[0].matches[1].type'],
    },
    {
      what: 'ports without a protocol',
      acls: [matching(match('lport', '80'), match('fport', '80'))],
      fields: ['[0].matches[0].type', '[0].matches[1].type'],
    },
    {
      what: 'ports of a protocol without any',
      acls: [matching(match('protocol', 'icmp'), match('fport', '80'))],
      fields: ['[0].matches[0].value'],
    },
    {
      what: 'ports of every protocol',
      acls: [matching(match('protocol', 'all'), match('fport', '80'))],
      fields: ['[0].matches[0].value'],
    },
    {
      what: 'a protocol that there is not, told once',
      acls: [matching(match('protocol', 'tpc'), match('fport', '80'))],
      fields: ['[0].matches[0].value'],
    },
    ...['', 'x', '65536', '80-', '-80', '90-80', '80,81', '1-2-3', ' 80'].map((value) => ({
      what: `port ${JSON.stringify(value)}`,
      acls: [matching(tcp, match('fport', value))],
      fields: ['[0].matches[1].value'],
    })),
    ...['', 'x', '192.0.2.0/33', '192.0.2/24', '192.0.2.0/', '192.0.2.0/24/1', '2001:db8::/129', 'fe80::1%eth0'].map(
      (value) => ({
        what: `address ${JSON.stringify(value)}`,
        acls: [matching(match('ip', value))],
        fields: ['[0].matches[0].value'],
      }),
    ),
    ...['', '*.example.com', 'a b', 'example.com/x', '192.0.2.1', 'x'.repeat(64)].map((value) => ({
      what: `name ${JSON.stringify(value)}`,
      acls: [matching(match('host', value))],
      fields: ['[0].matches[0].value'],
    })),
    ...['', '256', 'tcp udp'].map((value) => ({
      what: `protocol ${JSON.stringify(value)}`,
      acls: [matching(match('protocol', value))],
      fields: ['[0].matches[0].value'],
    })),
    {
      what: 'an adapter with a quote',
      acls: [matching(match('adapter', "eth0'"))],
      fields: ['[0].matches[0].value'],
    },
    { what: 'two actions', acls: [acting({ drop: true }, { drop: true })], fields: ['[0].actions'] },
    {
      what: 'drop and limit',
      acls: [acting({ drop: true, limit: true, limitrate: 1, limitunit: 's' })],
      fields: ['[0].actions[0]'],
    },
    {
      what: 'drop and portmap',
      acls: [{ ...portMap('80'), actions: [{ drop: true, portmap: true, appPort: 1 }] }],
      fields: ['[0].actions[0]'],
    },
    {
      what: 'a limit of nothing',
      acls: [acting({ limit: true, limitunit: 'x', limitburst: 2_000_000 })],
      fields: ['[0].actions[0].limitrate', '[0].actions[0].limitunit', '[0].actions[0].limitburst'],
    },
    {
      what: 'a port map of a range, with a remote port',
      acls: [portMap('80-81', [match('fport', '1')])],
      fields: ['[0].matches[2].type', '[0].matches[1].value'],
    },
    { what: 'a direction that there is not', acls: [{ id: 1, dir: 7 }], fields: ['[0].dir'] },
    {
      what: 'everything at once',
      acls: [matching(match('ip', 'x')), { id: 1, actions: [{}, {}] }, matching(match('x'))],
      fields: ['[1].id', '[2].id', '[0].matches[0].value', '[1].actions', '[2].matches[0].type'],
    },
  ])('$what', ({ acls, fields }) => {
    expect(fieldsOf(withList(acls))).toEqual(fields.map((field) => `${AT}${field}`));
  });

  it('names from DNS on a switch, which has none of the device', () => {
    const acls = [matching(match('eidset')), { id: 2, matches: [match('host', 'example.com')] }];
    expect(fieldsOf(withList(acls, local(1, { instType: 'ZnetInstSwitch' })))).toEqual(
      expect.arrayContaining([`${AT}[0].matches[0].type`, `${AT}[1].matches[0].type`]),
    );
  });
});
