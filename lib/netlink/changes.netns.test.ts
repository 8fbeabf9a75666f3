import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../clock/testing/eventually.js';
import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { formatChange, isAlreadySo, type KernelChange } from './changes.js';
import { everywhere } from './ip-address.js';
import { formatRoute, routeKey, routeVia, sameRoute, type Route } from './route.js';
import { Rtnetlink } from './rtnetlink.js';
import { formatRule, rule, ruleKey, sameRule, type Rule } from './rule.js';

/** The same kernel twice: what netlink does in the one, ip does in the other. */
let native: TestNamespace;
let byIp: TestNamespace;
let rtnetlink: Rtnetlink;

const PROTOCOL = 229;
const words = (text: string): string[] => text.split(' ');

beforeEach(async () => {
  [native, byIp] = [await makeTestNamespace(), await makeTestNamespace()];
  for (const namespace of [native, byIp]) {
    await namespace.addVeth('eth0', 'isp0');
    for (const line of ['link set eth0 up', 'link set isp0 up', 'addr add 192.0.2.2/24 dev eth0']) {
      await namespace.ip(line);
    }
  }
  rtnetlink = new Rtnetlink(native.name);
});

afterEach(async () => {
  await Promise.all([native, byIp].map((namespace) => namespace.remove()));
});

async function shown(namespace: TestNamespace, ...listings: readonly string[]): Promise<string> {
  const texts = listings.map(
    async (listing) => (await run('ip', words(listing), { namespace: namespace.name })).stdout,
  );
  return (await Promise.all(texts)).join('');
}

/** Without what is another for each of the two: indexes of links. */
const state = async (namespace: TestNamespace): Promise<string> =>
  (await shown(namespace, '-d rule show', '-d -4 route show table all', '-4 -o addr show')).replaceAll(/^\d+: /gm, '');

/**
 * Makes the changes by netlink in the one and by ip, in the words of `formatChange`, in the other; both end the same.
 */
async function inBoth(changes: readonly KernelChange[]): Promise<readonly (number | undefined)[]> {
  const errors = rtnetlink.apply(changes);
  const exitCodes: number[] = [];
  for (const change of changes) {
    const { exitCode } = await run('ip', words(formatChange(change)), { namespace: byIp.name, allowFailure: true });
    exitCodes.push(exitCode);
  }
  expect(errors.map((error) => error === undefined)).toEqual(exitCodes.map((code) => code === 0));
  const [made, wanted] = await Promise.all([native, byIp].map(state));
  expect(made).toBe(wanted);
  return errors.map((error) => error?.errno);
}

const lookup = (table: number): Rule['action'] => ({ kind: 'lookup', table });
const ours = (parts: Omit<Parameters<typeof rule>[0], 'protocol'>): Rule => rule({ protocol: PROTOCOL, ...parts });
const subnet = { address: '10.77.0.0', length: 24 };

const rules: readonly Rule[] = [
  ours({ preference: 9_000, action: lookup(499) }),
  ours({ preference: 9_100, mark: { value: 0x123, mask: 0xfff_ffff }, action: lookup(501) }),
  ours({ preference: 9_199, mark: { value: 0xf, mask: 0xfff_ffff }, action: { kind: 'unreachable' } }),
  ours({ preference: 9_200, mark: { value: 0x8000_0001, mask: 0xffff_ffff }, action: lookup(255) }),
  ours({ preference: 10_000, from: subnet, action: lookup(501) }),
  ours({ preference: 10_000, from: subnet, action: lookup(502) }),
  ours({ preference: 10_009, from: subnet, action: { kind: 'unreachable' } }),
  ours({ preference: 10_010, from: subnet, action: { kind: 'blackhole' } }),
  ours({ preference: 10_011, action: { kind: 'prohibit' } }),
  ours({ preference: 15_000, outputInterface: 'eth0', action: lookup(501) }),
  ours({ preference: 15_000, outputInterface: 'missing', action: lookup(70_000) }),
  ours({ preference: 15_000, from: { address: '192.0.2.2', length: 32 }, action: lookup(7) }),
  ours({
    ...{ preference: 15_001, outputInterface: 'eth0', action: lookup(599) },
    destinationPort: { protocol: 'udp', port: 53 },
  }),
  ours({ preference: 15_001, inputInterface: 'eth0', mark: { value: 0, mask: 0xff }, action: lookup(256) }),
];

const route = (parts: Omit<Parameters<typeof routeVia>[0], 'protocol'>): Route =>
  routeVia({ protocol: PROTOCOL, ...parts });
const wayOut = { table: 501, destination: everywhere('inet'), dev: 'eth0' };

const routes: readonly Route[] = [
  route({ table: 501, destination: { address: '192.0.2.0', length: 24 }, dev: 'eth0', source: '192.0.2.2' }),
  route({ ...wayOut, gateway: '192.0.2.1', source: '192.0.2.2', isOnLink: true }),
  route({ ...wayOut, table: 502, gateway: '203.0.113.9', source: '192.0.2.2', isOnLink: true }),
  route({ ...wayOut, table: 503, gateway: '192.0.2.1' }),
  route({ ...wayOut, table: 504 }),
  route({ ...wayOut, table: 504, metric: 50 }),
  route({ table: 70_000, destination: subnet, dev: 'lo' }),
  route({ table: 200, destination: { address: '10.78.0.9', length: 32 }, dev: 'lo' }),
  route({ ...wayOut, table: 599, type: 'local', metric: 1, realm: 0xfff }),
  { ...route({ ...wayOut, table: 505 }), type: 'unreachable', dev: undefined },
  { ...route({ table: 505, destination: subnet, dev: '' }), type: 'blackhole', dev: undefined },
  { ...route({ table: 506, destination: subnet, dev: '' }), type: 'prohibit', dev: undefined },
  { ...route({ table: 506, destination: { address: '10.0.0.0', length: 8 }, dev: '' }), type: 'throw', dev: undefined },
];

const otherFamilies: readonly Route[] = [
  route({ ...wayOut, table: 507, gateway: 'fe80::1' }),
  route({ table: 508, family: 'inet6', destination: { address: 'fd00:7::', length: 64 }, dev: 'eth0', metric: 1_024 }),
  route({ table: 508, family: 'inet6', destination: everywhere('inet6'), dev: 'eth0', gateway: 'fe80::1', metric: 9 }),
];

describe('what is added', () => {
  it.each(rules.map((one) => [formatRule(one), one] as const))('is there: rule %s', async (_, one) => {
    expect(await inBoth([{ kind: 'rule-add', rule: one }])).toEqual([undefined]);
    const read = rtnetlink.rules().filter(({ protocol }) => protocol === PROTOCOL);
    expect(read.map((other) => sameRule(one, other))).toEqual([true]);
    expect(read.map(ruleKey)).toEqual([ruleKey(one)]);
    expect(await inBoth([{ kind: 'rule-delete', rule: one }])).toEqual([undefined]);
    expect(rtnetlink.rules()).toHaveLength(3);
  });

  it.each(routes.map((one) => [formatRoute(one), one] as const))('is there: route %s', async (_, one) => {
    expect(await inBoth([{ kind: 'route-replace', route: one }])).toEqual([undefined]);
    const read = rtnetlink.routes(({ protocol }) => protocol === PROTOCOL);
    expect(read.map((other) => sameRoute(one, other))).toEqual([true]);
    expect(read.map(routeKey)).toEqual([routeKey(one)]);
    expect(await inBoth([{ kind: 'route-delete', route: one }])).toEqual([undefined]);
    expect(rtnetlink.routes(({ protocol }) => protocol === PROTOCOL)).toEqual([]);
  });

  // ip takes these words for another family's, or waits for duplicates of addresses.
  it.each(otherFamilies.map((one) => [formatRoute(one), one] as const))('is there: route %s', (_, one) => {
    expect(rtnetlink.apply([{ kind: 'route-replace', route: one }])).toEqual([undefined]);
    const read = rtnetlink.routes(({ protocol }) => protocol === PROTOCOL);
    expect(read.map((other) => sameRoute(one, other))).toEqual([true]);
    expect(rtnetlink.apply([{ kind: 'route-delete', route: one }])).toEqual([undefined]);
    expect(rtnetlink.routes(({ protocol }) => protocol === PROTOCOL)).toEqual([]);
  });

  it('is all there: rules and routes together, and all gone', async () => {
    // In this order: a rule that prohibits everything is in the way of looking for gateways.
    expect(await inBoth(routes.map((one) => ({ kind: 'route-replace', route: one })))).toEqual(
      routes.map(() => undefined),
    );
    expect(await inBoth(rules.map((one) => ({ kind: 'rule-add', rule: one })))).toEqual(rules.map(() => undefined));
    expect(rtnetlink.rules().map(ruleKey)).toEqual(expect.arrayContaining(rules.map(ruleKey)));
    expect(rtnetlink.routes().map(routeKey)).toEqual(expect.arrayContaining(routes.map(routeKey)));
    await inBoth(rules.map((one) => ({ kind: 'rule-delete', rule: one })));
    await inBoth(routes.map((one) => ({ kind: 'route-delete', route: one })));
    expect(rtnetlink.rules()).toHaveLength(3);
    expect(rtnetlink.routes(({ protocol }) => protocol === PROTOCOL)).toEqual([]);
  });

  it('replaces a route with the same key, and no other', async () => {
    const before = route({ ...wayOut, gateway: '192.0.2.1' });
    const after = route({ ...wayOut, gateway: '192.0.2.9' });
    const other = route({ ...wayOut, gateway: '192.0.2.1', metric: 5 });
    await inBoth([before, other, after].map((one) => ({ kind: 'route-replace', route: one })));
    expect(rtnetlink.routes(({ protocol }) => protocol === PROTOCOL)).toEqual([after, other]);
  });
});

describe('addresses', () => {
  it('come and go', async () => {
    const address = { address: '10.77.0.1', prefixLength: 24 };
    const add = { kind: 'address-add', dev: 'eth0', address } as const;
    const remove = { kind: 'address-delete', dev: 'eth0', address } as const;
    expect(await inBoth([add, add])).toEqual([undefined, 17]);
    expect(rtnetlink.addresses(rtnetlink.link('eth0')?.index)).toContainEqual(
      expect.objectContaining({ ...address, isDynamic: false, validLifetimeSeconds: Infinity, scope: 'global' }),
    );
    const errors = await inBoth([remove, remove]);
    expect(errors).toEqual([undefined, 99]);
  });

  it('of IPv6, too', () => {
    const address = { address: 'fd00:9::1', prefixLength: 64 };
    expect(rtnetlink.apply([{ kind: 'address-add', dev: 'eth0', address }])).toEqual([undefined]);
    expect(rtnetlink.addresses()).toContainEqual(expect.objectContaining({ ...address, family: 'inet6' }));
    expect(rtnetlink.apply([{ kind: 'address-delete', dev: 'eth0', address }])).toEqual([undefined]);
    expect(rtnetlink.addresses()).not.toContainEqual(expect.objectContaining(address));
  });
});

describe('bridges', () => {
  const settings = { macAddress: '02:16:3e:06:00:01', mtu: 1_400 };
  const alias = 'eve-uplink:11111111-1111-4111-8111-111111111111';

  it('are made, named, changed and ended', async () => {
    expect(rtnetlink.apply([{ kind: 'bridge-add', name: 'bn1', settings }])).toEqual([undefined]);
    const made = rtnetlink.link('bn1');
    expect(made).toMatchObject({ ...settings, kind: 'bridge', isUp: false, alias: undefined, name: 'bn1' });
    const set = (changed: object): KernelChange => ({ kind: 'link-set', name: 'bn1', settings: changed });
    for (const changed of [
      { alias },
      { isUp: true },
      { mtu: 1_280 },
      { macAddress: '02:16:3e:06:00:02' },
      { alias: 'other', mtu: 1_300, macAddress: '02:16:3e:06:00:03', isUp: false },
    ]) {
      expect(rtnetlink.apply([set(changed)])).toEqual([undefined]);
      expect(rtnetlink.link('bn1')).toMatchObject({ index: made?.index, ...changed });
    }
    expect(await shown(native, '-o link show bn1')).toMatch(/mtu 1300 .*02:16:3e:06:00:03.*alias other/);
    expect(rtnetlink.apply([set({ alias: '' })])).toEqual([undefined]);
    expect(rtnetlink.link('bn1')?.alias).toBeUndefined();
    expect(rtnetlink.apply([{ kind: 'link-delete', name: 'bn1' }])).toEqual([undefined]);
    expect(rtnetlink.link('bn1')).toBeUndefined();
  });

  it('have the alias that ip writes, byte for byte', async () => {
    rtnetlink.apply([
      { kind: 'bridge-add', name: 'bn1', settings },
      { kind: 'link-set', name: 'bn1', settings: { alias } },
    ]);
    await byIp.ip('link add bn1 address 02:16:3e:06:00:01 mtu 1400 type bridge');
    await byIp.ip(`link set bn1 alias ${alias}`);
    const read = async (namespace: TestNamespace): Promise<string> => {
      const { stdout } = await run('cat', ['/sys/class/net/bn1/ifalias'], { namespace: namespace.name });
      return stdout;
    };
    expect(await read(native)).toBe(`${alias}\n`);
    expect(await read(byIp)).toBe(`${alias}\n`);
    expect(new Rtnetlink(byIp.name).link('bn1')?.alias).toBe(alias);
  });

  it('are usable in the batch that makes them', () => {
    const errors = rtnetlink.apply([
      { kind: 'bridge-add', name: 'bn1', settings },
      { kind: 'link-set', name: 'bn1', settings: { alias } },
      { kind: 'address-add', dev: 'bn1', address: { address: '10.77.0.1', prefixLength: 24 } },
      { kind: 'link-set', name: 'bn1', settings: { isUp: true } },
      { kind: 'route-replace', route: route({ table: 499, destination: subnet, dev: 'bn1' }) },
    ]);
    expect(errors).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(rtnetlink.routes(({ protocol }) => protocol === PROTOCOL)).toMatchObject([{ dev: 'bn1', table: 499 }]);
  });

  it('that are ended and made anew in one batch are known by their new index', () => {
    const address = { address: '10.77.0.1', prefixLength: 24 };
    const anew = [
      { kind: 'link-delete', name: 'bn1' },
      { kind: 'bridge-add', name: 'bn1', settings },
      { kind: 'address-add', dev: 'bn1', address },
    ] as const;
    rtnetlink.apply([{ kind: 'bridge-add', name: 'bn1', settings }]);
    const before = rtnetlink.link('bn1')?.index;
    const errors = rtnetlink.apply([{ kind: 'address-add', dev: 'bn1', address }, ...anew, ...anew]);
    expect(errors).toEqual(errors.map(() => undefined));
    const after = rtnetlink.link('bn1')?.index;
    expect(after).not.toBe(before);
    expect(rtnetlink.addresses(after)).toEqual([expect.objectContaining(address)]);
  });

  it('that are ended in a batch have no address after that', () => {
    rtnetlink.apply([{ kind: 'bridge-add', name: 'bn1', settings }]);
    const errors = rtnetlink.apply([
      { kind: 'address-add', dev: 'bn1', address: { address: '10.77.0.1', prefixLength: 24 } },
      { kind: 'link-delete', name: 'bn1' },
      { kind: 'address-add', dev: 'bn1', address: { address: '10.77.0.2', prefixLength: 24 } },
    ]);
    expect(errors.map((error) => error?.errno)).toEqual([undefined, undefined, 19]);
  });
});

describe('refusals', () => {
  it('are as ip has them, typed by their number, and stop nothing else', async () => {
    await inBoth([{ kind: 'rule-add', rule: ours({ preference: 10_000, from: subnet, action: lookup(501) }) }]);
    const changes: readonly KernelChange[] = [
      { kind: 'rule-add', rule: ours({ preference: 10_000, from: subnet, action: lookup(501) }) },
      { kind: 'rule-delete', rule: ours({ preference: 10_000, from: { ...subnet, length: 25 }, action: lookup(501) }) },
      { kind: 'route-replace', route: route({ ...wayOut, dev: 'missing', gateway: '192.0.2.1' }) },
      { kind: 'route-replace', route: route({ ...wayOut, gateway: '203.0.113.9' }) },
      { kind: 'route-replace', route: route({ ...wayOut, gateway: '192.0.2.1', source: '192.0.2.77' }) },
      { kind: 'route-delete', route: route({ ...wayOut, table: 599 }) },
      { kind: 'link-delete', name: 'missing' },
      { kind: 'link-set', name: 'missing', settings: { isUp: true } },
      { kind: 'address-add', dev: 'missing', address: { address: '10.0.0.1', prefixLength: 24 } },
      { kind: 'neighbour-resolve', dev: 'missing', address: '192.0.2.1' },
      { kind: 'rule-add', rule: ours({ preference: 10_001, action: lookup(501) }) },
    ];
    const errnos = await inBoth(changes);
    expect(errnos).toEqual([17, 2, 19, 101, 22, 3, 19, 19, 19, 19, undefined]);
    const errors = rtnetlink.apply(changes);
    expect(changes.map((change, index) => errors[index] !== undefined && isAlreadySo(change, errors[index]))).toEqual([
      true,
      true,
      false,
      false,
      false,
      true,
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  it('name what was asked, and the reason of the kernel', () => {
    const [error] = rtnetlink.apply([{ kind: 'route-replace', route: route({ ...wayOut, gateway: '203.0.113.9' }) }]);
    expect(error?.message).toBe(
      'route replace default via 203.0.113.9 dev eth0 table 501 proto 229: ' +
        'Network is unreachable (Nexthop has invalid gateway)',
    );
    const [missing] = rtnetlink.apply([{ kind: 'link-set', name: 'missing', settings: { isUp: true } }]);
    expect(missing).toMatchObject({ name: 'NetlinkError', request: 'link set dev missing up', errno: 19 });
  });

  it('come for a bridge that is there, an alias that is too long, a route of several ways', () => {
    const errors = rtnetlink.apply([
      { kind: 'bridge-add', name: 'eth0', settings: {} },
      { kind: 'link-set', name: 'eth0', settings: { alias: 'x'.repeat(256) } },
      {
        kind: 'route-replace',
        route: {
          ...route(wayOut),
          dev: undefined,
          nextHops: [{ gateway: '192.0.2.1', dev: 'eth0', isOnLink: false }],
        },
      },
    ]);
    expect(errors[0]?.errno).toBe(17);
    expect(errors.every((error) => error !== undefined)).toBe(true);
    expect(rtnetlink.routes(({ protocol }) => protocol === PROTOCOL)).toEqual([]);
  });

  it('are found among thousands', async () => {
    const changes = Array.from({ length: 2_500 }, (_, index): KernelChange => {
      return { kind: 'rule-add', rule: ours({ preference: 20_000 + (index % 2_499), action: lookup(501) }) };
    });
    const errors = rtnetlink.apply(changes);
    expect(errors.map((error) => error?.errno).filter((errno) => errno !== undefined)).toEqual([17]);
    expect(errors.at(-1)?.errno).toBe(17);
    const { stdout } = await run('ip', ['rule', 'show'], { namespace: native.name });
    expect(stdout.match(/lookup 501 proto/g)).toHaveLength(2_499);
  });

  it.each<[string, KernelChange]>([
    ['no MAC address', { kind: 'bridge-add', name: 'bn1', settings: { macAddress: '02:00:00:00:00' } }],
    ['no MAC address', { kind: 'link-set', name: 'eth0', settings: { macAddress: '02:00:00:00:00:xx' } }],
    ['a zero in it', { kind: 'link-delete', name: 'eth0\0x' }],
    ['no IP address', { kind: 'address-add', dev: 'eth0', address: { address: '10.0.0.256', prefixLength: 24 } }],
  ])('are ours where there is %s: %j', (problem, change) => {
    const before = rtnetlink.links();
    expect(() => rtnetlink.apply([change])).toThrow(RangeError);
    expect(() => rtnetlink.apply([change])).toThrow(problem);
    expect(rtnetlink.links()).toEqual(before);
  });

  it('are none where nothing is asked', () => {
    expect(rtnetlink.apply([])).toEqual([]);
  });
});

describe('others', () => {
  it('may make a link anew between two calls', async () => {
    const add = (address: string): KernelChange => ({
      kind: 'address-add',
      dev: 'v0',
      address: { address, prefixLength: 24 },
    });
    await native.addVeth('v0', 'v1');
    expect(rtnetlink.apply([add('10.3.0.1')])).toEqual([undefined]);
    await native.ip('link del v0');
    await native.addVeth('v0', 'v1');
    expect(rtnetlink.apply([add('10.3.0.2')])).toEqual([undefined]);
    expect(rtnetlink.addresses(rtnetlink.link('v0')?.index)).toMatchObject([{ address: '10.3.0.2' }]);
  });

  it('may have made routes of several ways, which can be taken away', async () => {
    await native.ip(
      'route add default table 501 proto 229 nexthop via 192.0.2.1 dev eth0 nexthop via 192.0.2.9 dev eth0',
    );
    const [several] = rtnetlink.routes(({ protocol }) => protocol === PROTOCOL);
    expect(several?.nextHops).toHaveLength(2);
    if (several === undefined) throw new Error('no route');
    expect(rtnetlink.apply([{ kind: 'route-delete', route: several }])).toEqual([undefined]);
    expect(rtnetlink.routes(({ protocol }) => protocol === PROTOCOL)).toEqual([]);
  });
});

describe('neighbours', () => {
  it('are looked for', async () => {
    expect(rtnetlink.neighbour('eth0', '192.0.2.1')).toBeUndefined();
    expect(rtnetlink.apply([{ kind: 'neighbour-resolve', dev: 'eth0', address: '192.0.2.1' }])).toEqual([undefined]);
    await eventually(() => rtnetlink.neighbour('eth0', '192.0.2.1')?.state === 'silent');
    expect(await shown(native, 'neigh show 192.0.2.1 dev eth0')).toMatch(/INCOMPLETE|FAILED/);
  });
});
