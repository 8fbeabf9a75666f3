import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAddresses, parseLinks, parseRoutes, parseRules } from './index.js';

const bridge = {
  ifindex: 2,
  ifname: 'bn1',
  flags: ['BROADCAST', 'UP', 'LOWER_UP'],
  mtu: 1500,
  operstate: 'UP',
  link_type: '[1]',
  address: '82:6c:8a:56:18:e2',
  ifalias: 'ni one',
  linkinfo: { info_kind: 'bridge', info_data: { stp_state: 0 } },
};

describe('parseLinks', () => {
  it('reads a bridge and a port of it', () => {
    expect(parseLinks([bridge, { ifindex: 3, ifname: 'v0', master: 'bn1', flags: [] }])).toEqual([
      {
        ifindex: 2,
        ifname: 'bn1',
        flags: ['BROADCAST', 'UP', 'LOWER_UP'],
        operstate: 'UP',
        mtu: 1500,
        address: '82:6c:8a:56:18:e2',
        ifalias: 'ni one',
        kind: 'bridge',
      },
      { ifindex: 3, ifname: 'v0', master: 'bn1', flags: [], operstate: 'UNKNOWN', mtu: 0 },
    ]);
  });

  it('leaves out what ip itself left out', () => {
    expect(parseLinks([{}, bridge, {}]).map((link) => link.ifname)).toEqual(['bn1']);
  });
});

describe('parseAddresses', () => {
  const lease = {
    family: 'inet',
    local: '192.0.2.7',
    prefixlen: 24,
    scope: 'global',
    dynamic: true,
    valid_life_time: 300,
  };
  const linkLocal = { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: '253', valid_life_time: 4_294_967_295 };

  it.each([
    [lease, { validLifetimeSeconds: 300, dynamic: true, tentative: false, scope: 'global' }],
    [linkLocal, { validLifetimeSeconds: Infinity, dynamic: false, tentative: false, scope: 'link' }],
    [{ ...linkLocal, tentative: true }, { tentative: true }],
    [{ ...linkLocal, dadfailed: true, tentative: true }, { tentative: true }],
  ])('reads %j', (printed, expected) => {
    const [link] = parseAddresses([{ ...bridge, addr_info: [{}, printed] }]);
    expect(link?.addresses).toEqual([
      expect.objectContaining({
        family: printed.family,
        local: printed.local,
        prefixlen: printed.prefixlen,
        ...expected,
      }),
    ]);
  });
});

describe('parseRoutes', () => {
  it.each([
    [
      'names',
      {
        type: 'unicast',
        dst: 'default',
        gateway: '10.8.0.2',
        dev: 'eth0',
        table: 'main',
        protocol: 'dhcp',
        metric: 50,
        flags: ['linkdown'],
      },
      {
        dst: 'default',
        type: 'unicast',
        gateway: '10.8.0.2',
        dev: 'eth0',
        table: 254,
        protocol: 16,
        metric: 50,
        flags: ['linkdown'],
      },
    ],
    [
      'numbers',
      { type: '7', dst: 'default', table: '501', protocol: '177' },
      { type: 'unreachable', table: 501, protocol: 177, metric: 0 },
    ],
    ['a table left out', { dst: '10.0.0.0/8', dev: 'eth0' }, { type: 'unicast', table: 502, protocol: 0 }],
    [
      'a gateway of the other family',
      { dst: 'default', via: { family: 'inet6', host: 'fe80::1' } },
      { gateway: 'fe80::1' },
    ],
    [
      'several next hops',
      {
        dst: 'default',
        nexthops: [
          { gateway: '10.0.0.1', dev: 'eth0', weight: 2, flags: [] },
          { dev: 'wwan0', flags: ['dead'] },
        ],
      },
      {
        nexthops: [
          { gateway: '10.0.0.1', dev: 'eth0', weight: 2, flags: [] },
          { dev: 'wwan0', weight: 1, flags: ['dead'] },
        ],
      },
    ],
  ])('reads %s', (_, printed, expected) => {
    const routes = parseRoutes([printed], 502);
    expect(routes).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(routes[0]))).toMatchObject(expected);
  });

  it('leaves out a route in a table whose name it does not know', () => {
    expect(parseRoutes([{ dst: 'default', table: 'of-mine' }])).toEqual([]);
  });
});

describe('parseRules', () => {
  it.each([
    [
      {
        priority: 5,
        src: '10.1.0.0',
        srclen: 24,
        fwmark: '0x100',
        fwmask: '0xff00',
        iif: 'bn1',
        oif: 'lo',
        table: '501',
        protocol: '177',
      },
      {
        src: '10.1.0.0',
        srclen: 24,
        fwmark: 0x100,
        fwmask: 0xff00,
        iif: 'bn1',
        oif: 'lo',
        table: 501,
        action: 'lookup',
        protocol: 177,
      },
    ],
    [
      { priority: 32_766, src: 'all', table: 'main', protocol: 'kernel' },
      { src: 'all', srclen: 0, dst: 'all', dstlen: 0, table: 254, protocol: 2 },
    ],
    [
      { priority: 9, src: '10.1.1.1', action: '7' },
      { srclen: 32, action: 'unreachable' },
    ],
    [
      { priority: 9, src: 'fd00::1', action: 'blackhole' },
      { srclen: 128, action: 'blackhole' },
    ],
    [
      { priority: 20, src: 'all', fwmark: '0x5', table: '5' },
      { fwmark: 5, fwmask: 0xffff_ffff },
    ],
    [
      { priority: 10, not: null, src: 'all', table: '254', suppress_prefixlen: 0 },
      { not: true, suppressPrefixLength: 0, unmodelled: [] },
    ],
    [
      { priority: 21, src: 'all', goto: 9_000, unresolved: null },
      { action: 'goto', unmodelled: ['goto', 'unresolved'] },
    ],
    [{ priority: 22, src: 'all', nop: null }, { action: 'nop' }],
    [
      { priority: 23, src: 'all', ipproto: 'tcp', dport: 80, action: '6' },
      { action: 'blackhole', unmodelled: ['ipproto', 'dport'] },
    ],
    [
      { priority: 24, src: 'all', l3mdev: null },
      { action: 'lookup', unmodelled: ['l3mdev'] },
    ],
  ])('reads %j', (printed, expected) => {
    expect(parseRules([printed])).toEqual([expect.objectContaining({ priority: printed.priority, ...expected })]);
  });
});

describe('every parser', () => {
  it('takes any JSON without throwing, and answers arrays', () => {
    const keys = [
      'ifindex',
      'ifname',
      'flags',
      'dst',
      'table',
      'priority',
      'src',
      'addr_info',
      'linkinfo',
      'nexthops',
      'via',
    ];
    const object = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue());
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(object)), (json) => {
        for (const parse of [parseLinks, parseAddresses, parseRoutes, parseRules]) {
          expect(Array.isArray(parse(json))).toBe(true);
        }
      }),
    );
  });
});
