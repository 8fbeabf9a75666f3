import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { formatChange, isAlreadySo, type KernelChange } from './changes.js';
import { addressText, everywhere } from './ip-address.js';
import { NetlinkError } from './netlink-error.js';
import { formatRoute, routeKey, routeVia, sameRoute, type Route } from './route.js';
import { rule, ruleKey, sameRule, type Rule } from './rule.js';
import { elementBytes, formatMark, partsIn, type ElementPart, type ElementType } from './element-parts.js';
import { element, elementKey, formatElement, sameElement } from './set-element.js';
import { wholeListing } from './wire/listing.js';
import { messageOf } from './testing.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(addressText);
const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const interfaceName = fc.stringMatching(/^[a-z0-9.@-]{1,15}$/);

/** Arbitraries that often agree in some of their parts. */
const few = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const rules: fc.Arbitrary<Rule> = fc.record({
  preference: few(1, 11, 111),
  from: few(undefined, { address: '10.1.1.0', length: 24 }, { address: '10.1.1.0', length: 25 }),
  mark: few(undefined, { value: 1, mask: 0x11 }, { value: 0x11, mask: 1 }, { value: 1, mask: 0xffff_ffff }),
  inputInterface: few(undefined, 'a', 'b'),
  outputInterface: few(undefined, 'a', 'b'),
  destinationPort: few<Rule['destinationPort']>(
    undefined,
    { protocol: 'udp', port: 5 },
    { protocol: 'udp', port: 53 },
    { protocol: 'tcp', port: 53 },
  ),
  action: few<Rule['action']>(
    { kind: 'lookup', table: 1 },
    { kind: 'lookup', table: 11 },
    { kind: 'goto', preference: 112 },
    { kind: 'goto', preference: 1112 },
    { kind: 'unreachable' },
    { kind: 'blackhole' },
    { kind: 'prohibit' },
  ),
  protocol: few(1, 11),
});

const base: Route = routeVia({
  table: 501,
  destination: { address: '10.77.0.0', length: 24 },
  protocol: 229,
  dev: 'eth0',
});

describe('rules', () => {
  it('have the same key where they say the same, and nowhere else', () => {
    fc.assert(
      fc.property(rules, rules, (one, other) => {
        expect(ruleKey(one) === ruleKey(other)).toBe(sameRule(one, other));
        expect(sameRule(one, structuredClone(one))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('differ where any one part differs', () => {
    const one = rule({ preference: 1, action: { kind: 'lookup', table: 5 }, protocol: 229 });
    const others: readonly Rule[] = [
      { ...one, preference: 2 },
      { ...one, from: { address: '10.0.0.0', length: 8 } },
      { ...one, mark: { value: 0, mask: 0 } },
      { ...one, inputInterface: 'eth0' },
      { ...one, outputInterface: 'eth0' },
      { ...one, destinationPort: { protocol: 'udp', port: 53 } },
      { ...one, destinationPort: { protocol: 'tcp', port: 53 } },
      { ...one, action: { kind: 'lookup', table: 6 } },
      { ...one, action: { kind: 'unreachable' } },
      { ...one, protocol: 4 },
    ];
    for (const other of others) expect(sameRule(one, other)).toBe(false);
    expect(new Set([one, ...others].map(ruleKey)).size).toBe(others.length + 1);
  });
});

describe('routes', () => {
  it('have the same key where one replaces the other, and nowhere else', () => {
    const key = fc.record({
      table: few(1, 11, 501),
      destination: few(
        everywhere('inet'),
        everywhere('inet6'),
        { address: '10.1.1.0', length: 24 },
        { address: '10.1.1.0', length: 2 },
        { address: '::', length: 1 },
      ),
      metric: few(0, 1, 11),
    });
    fc.assert(
      fc.property(key, key, (one, other) => {
        expect(routeKey(one) === routeKey(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each<[string, Partial<Route>, boolean]>([
    ['a dead way', { isDead: true }, true],
    ['another table', { table: 502 }, false],
    ['another prefix', { destination: { address: '10.77.0.0', length: 25 } }, false],
    ['another gateway', { gateway: '192.0.2.1' }, false],
    ['another interface', { dev: 'eth1' }, false],
    ['another source', { source: '192.0.2.2' }, false],
    ['another metric', { metric: 5 }, false],
    ['another owner', { protocol: 4 }, false],
    ['another type', { type: 'unreachable' }, false],
    ['onlink', { isOnLink: true }, false],
    ['another family', { family: 'inet6' }, false],
    ['more ways', { nextHops: [{ gateway: '192.0.2.1', dev: 'eth0', isOnLink: false }] }, false],
  ])('with %s: the same is %s %s', (_, parts, same) => {
    expect(sameRoute(base, { ...base, ...parts })).toBe(same);
    expect(sameRoute(base, structuredClone(base))).toBe(true);
  });

  it.each<[Partial<Route>, string]>([
    [{}, '10.77.0.0/24 dev eth0 table 501 proto 229'],
    [
      { destination: everywhere('inet'), gateway: '192.0.2.1', source: '192.0.2.2', isOnLink: true },
      'default via 192.0.2.1 dev eth0 src 192.0.2.2 table 501 proto 229 onlink',
    ],
    [{ gateway: 'fe80::1', metric: 7 }, '10.77.0.0/24 via inet6 fe80::1 dev eth0 table 501 metric 7 proto 229'],
    [{ type: 'unreachable', dev: undefined }, 'unreachable 10.77.0.0/24 table 501 proto 229'],
    [
      {
        dev: undefined,
        nextHops: [
          { gateway: '192.0.2.1', dev: 'eth0', isOnLink: false },
          { gateway: 'fe80::1', dev: 'eth1', isOnLink: false },
        ],
      },
      '10.77.0.0/24 table 501 proto 229 nexthop via 192.0.2.1 dev eth0 nexthop via inet6 fe80::1 dev eth1',
    ],
    [{ dev: 'eth0', realm: 7 }, '10.77.0.0/24 dev eth0 table 501 proto 229 realm 7'],
  ])('%j is written %s', (parts, text) => {
    expect(formatRoute({ ...base, ...parts })).toBe(text);
  });
});

describe('set elements', () => {
  const partOf: Readonly<Record<Exclude<ElementType, 'verdict'>, fc.Arbitrary<ElementPart>>> = {
    ifname: interfaceName,
    mark: u32,
    ether_addr: fc
      .uint8Array({ minLength: 6, maxLength: 6 })
      .map((bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')),
    ipv4_addr: ipv4,
    ipv6_addr: fc.constantFrom('2001:db8::1', '::', 'fe80::216:3eff:fe00:1'),
    inet_proto: u8,
    inet_service: u16,
    realm: u32,
    zone: u16,
  };
  const typed = fc
    .array(fc.constantFrom(...(Object.keys(partOf) as (keyof typeof partOf)[])), { minLength: 1, maxLength: 4 })
    .chain((types) => fc.tuple(fc.constant(types), fc.tuple(...types.map((type) => partOf[type]))));

  it('survive being written and read, of whatever types', () => {
    fc.assert(
      fc.property(typed, ([types, parts]) => {
        const bytes = elementBytes(types, parts);
        expect(partsIn(types, bytes)).toEqual(parts);
        expect(types.length === 1 || bytes.length % 4 === 0).toBe(true);
        expect(partsIn([...types, 'mark'], bytes)).toBeUndefined();
        expect(partsIn(types, Buffer.concat([bytes, Buffer.alloc(4)]))).toBeUndefined();
      }),
    );
  });

  it('have different keys where their bytes differ', () => {
    const pair = fc.tuple(few('a', 'b', 'ab', '1'), few(1, 11, 111), few(1, 11, 111));
    fc.assert(
      fc.property(pair, pair, (one, other) => {
        const [bytes, otherBytes] = [one, other].map((key) => elementBytes(['ifname', 'mark', 'inet_service'], key));
        expect(elementKey(one) === elementKey(other)).toBe(bytes?.equals(otherBytes ?? Buffer.alloc(0)));
      }),
    );
  });

  it.each<[ElementType, ElementPart, string]>([
    ['ifname', 'eth0', '65746830' + '00'.repeat(12)],
    ['mark', 0xe0010000, '000001e0'],
    ['ipv4_addr', '192.0.2.1', 'c0000201'],
    ['inet_proto', 6, '06'],
    ['inet_service', 8080, '1f90'],
    ['zone', 258, '0201'],
  ])('%s %s is %s in the kernel', (type, part, hex) => {
    expect(elementBytes([type], [part]).toString('hex')).toBe(hex);
  });

  it('of several parts are padded to words', () => {
    expect(elementBytes(['mark', 'inet_proto', 'inet_service'], [1, 6, 80]).toString('hex')).toBe(
      '01000000' + '06000000' + '00500000',
    );
  });

  it.each<[ElementType, ElementPart]>([
    ['ifname', ''],
    ['ifname', 'sixteen-letters-'],
    ['ifname', 7],
    ['mark', -1],
    ['mark', 2 ** 32],
    ['mark', '1'],
    ['mark', Number.NaN],
    ['ipv4_addr', 'fd00::1'],
    ['ipv4_addr', 1],
    ['inet_proto', 256],
    ['inet_service', 0.5],
    ['zone', 65_536],
  ])('%s is not %j', (type, part) => {
    expect(() => elementBytes([type], [part])).toThrow(RangeError);
  });

  it.each([
    [{ key: ['ifname', 'ifname'] }, element(['bn1', 'eth0']), '"bn1" . "eth0"'],
    [{ key: ['ifname'], value: ['mark'] }, element(['bn1'], [0x123]), '"bn1" : 0x00000123'],
    [{ key: ['mark', 'inet_proto', 'inet_service'] }, element([1, 17, 53]), '0x00000001 . udp . 53'],
    [{ key: ['inet_proto'] }, element([132]), '132'],
    [{ key: ['mark'] }, element([1], [], 5_000), '0x00000001 timeout 3000ms'],
    [{ key: ['mark'] }, element([1], [], 1_000), '0x00000001 timeout 10ms'],
    [{ key: ['mark'], value: ['zone'] }, element([1], [7], 5_000), '0x00000001 timeout 3000ms : 7'],
  ] as const)('%j %j is written %s', (types, one, text) => {
    expect(formatElement(types, one, 2_000)).toBe(text);
  });

  it.each([
    ['itself', element([1], [2]), true],
    ['another key', element([2], [2]), false],
    ['another value', element([1], [3]), false],
    ['no value', element([1]), false],
    ['an end', element([1], [2], 5), false],
    ['nothing', undefined, false],
  ])('compared to %s', (_, other, same) => {
    expect(sameElement(element([1], [2]), other)).toBe(same);
    expect(sameElement(other, element([1], [2]))).toBe(same);
  });

  it('may differ in their end by what reading them costs', () => {
    expect(sameElement(element([1], [], 10_000), element([1], [], 12_000))).toBe(true);
    expect(sameElement(element([1], [], 10_000), element([1], [], 12_001))).toBe(false);
    expect(formatMark(-1)).toBe('0xffffffff');
  });
});

describe('changes', () => {
  const address = { address: '10.77.0.1', prefixLength: 24 };
  const oneRule = rule({ preference: 9000, action: { kind: 'lookup', table: 499 }, protocol: 229 });

  it.each<[KernelChange, string]>([
    [{ kind: 'bridge-add', name: 'bn1', settings: {} }, 'link add bn1 type bridge'],
    [
      { kind: 'bridge-add', name: 'bn1', settings: { macAddress: '02:00:00:00:00:01', mtu: 1_400 } },
      'link add bn1 address 02:00:00:00:00:01 mtu 1400 type bridge',
    ],
    [{ kind: 'link-set', name: 'bn1', settings: { alias: 'x', isUp: true } }, 'link set dev bn1 alias x up'],
    [{ kind: 'link-set', name: 'bn1', settings: { isUp: false } }, 'link set dev bn1 down'],
    [{ kind: 'link-delete', name: 'bn1' }, 'link del bn1'],
    [{ kind: 'address-add', dev: 'bn1', address }, 'addr add 10.77.0.1/24 dev bn1'],
    [{ kind: 'address-delete', dev: 'bn1', address }, 'addr del 10.77.0.1/24 dev bn1'],
    [{ kind: 'route-replace', route: base }, 'route replace 10.77.0.0/24 dev eth0 table 501 proto 229'],
    [{ kind: 'route-delete', route: base }, 'route del 10.77.0.0/24 dev eth0 table 501 proto 229'],
    [{ kind: 'rule-add', rule: oneRule }, 'rule add pref 9000 lookup 499 protocol 229'],
    [{ kind: 'rule-delete', rule: oneRule }, 'rule del pref 9000 lookup 499 protocol 229'],
    [{ kind: 'neighbour-resolve', dev: 'eth0', address: '192.0.2.1' }, 'neigh replace 192.0.2.1 dev eth0 use'],
  ])('%j is written %s', (change, text) => {
    expect(formatChange(change)).toBe(text);
  });

  it.each<[KernelChange, number, boolean]>([
    [{ kind: 'route-delete', route: base }, 3, true],
    [{ kind: 'rule-delete', rule: oneRule }, 2, true],
    [{ kind: 'link-delete', name: 'bn1' }, 19, true],
    [{ kind: 'address-delete', dev: 'bn1', address }, 99, true],
    [{ kind: 'rule-add', rule: oneRule }, 17, true],
    [{ kind: 'address-add', dev: 'bn1', address }, 17, true],
    [{ kind: 'link-set', name: 'bn1', settings: { isUp: false } }, 19, true],
    [{ kind: 'link-set', name: 'bn1', settings: { isUp: true } }, 19, false],
    [{ kind: 'bridge-add', name: 'bn1', settings: {} }, 17, false],
    [{ kind: 'route-replace', route: base }, 19, false],
    [{ kind: 'rule-delete', rule: oneRule }, 1, false],
    [{ kind: 'rule-add', rule: oneRule }, 2, false],
  ])('%j refused with %d is already so: %s', (change, errno, expected) => {
    expect(isAlreadySo(change, new NetlinkError('', '', { errno }))).toBe(expected);
  });
});

describe('a listing', () => {
  const message = messageOf(16, (writer) => {
    writer.raw([1, 2, 3, 4]);
  });

  it.each([
    { interruptions: 0, asked: 1 },
    { interruptions: 3, asked: 4 },
    { interruptions: 99, asked: 5 },
  ])('that is interrupted $interruptions times is asked for $asked times, and each item is there once', (one) => {
    let asked = 0;
    const socket: Pick<NetlinkSocket, 'dump'> = {
      dump: (_request, _sequence, take) => {
        asked += 1;
        take(message);
        return { error: undefined, interrupted: asked <= one.interruptions };
      },
    };
    expect(wholeListing(socket as NetlinkSocket, 'x', Buffer.alloc(0), 1, ({ type }) => type)).toEqual([16]);
    expect(asked).toBe(one.asked);
  });

  it('that is refused is an error by its number', () => {
    const socket: Pick<NetlinkSocket, 'dump'> = {
      dump: () => ({ error: { errno: 1, text: 'Operation not permitted' }, interrupted: false }),
    };
    expect(() => wholeListing(socket as NetlinkSocket, 'rule show', Buffer.alloc(0), 1, () => 1)).toThrow(
      expect.objectContaining({ errno: 1, message: 'rule show: Operation not permitted' }),
    );
  });
});
