import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually } from '../clock/testing/eventually.js';
import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { isAlreadySo } from './changes.js';
import type { LinkAddress } from './link-address.js';
import type { Route } from './route.js';
import { Rtnetlink } from './rtnetlink.js';

let namespace: TestNamespace;
let rtnetlink: Rtnetlink;

const SET_UP = `
link add name br0 address 02:00:00:00:00:b0 mtu 1400 type bridge
link set dev br0 alias eve-uplink:11111111-1111-4111-8111-111111111111 up
addr add 10.77.0.1/24 dev br0
link add name br1 type bridge
link set eth0 up
link set isp0 up
addr add 192.0.2.2/24 dev eth0
addr add 192.0.2.3/24 dev eth0
addr add 198.51.100.2/32 dev eth0 valid_lft 3600 preferred_lft 0
addr add 203.0.113.1 peer 203.0.113.2/32 dev eth0
addr add 169.254.7.7/16 dev eth0 scope link
addr add fd00:0:0:1::7/64 dev eth0 nodad
route add default via 192.0.2.1 dev eth0 metric 50 proto dhcp
route add default metric 60 nexthop via 192.0.2.1 dev eth0 weight 2 nexthop via 10.77.0.9 dev br0
route add default via 192.0.2.1 dev eth0 src 192.0.2.2 table 501 proto 229 onlink
route add default via 203.0.113.77 dev eth0 table 7 proto 77 onlink
route add unreachable default table 502 proto 229
route add blackhole 10.9.0.0/16 table 1000 proto 229
route add 10.77.0.0/24 dev br0 table 499 proto 229
route add 192.0.2.77 dev eth0 proto 229
route add default dev eth0 table 600 proto 229
-4 route add default via inet6 fe80::1 dev eth0 table 601 proto 229
route add default via 192.0.2.1 dev eth0 table 602 tos 0x10 proto 229
route add 10.88.0.0/24 dev br1 table 603 proto 229
-6 route add default via fd00:0:0:1::1 dev eth0 table 501 proto 229
rule add pref 100 from 10.1.0.0/24 fwmark 0x1/0xff iif eth0 lookup 501 protocol 229
rule add pref 101 not to 10.2.0.7 oif br0 lookup 7
rule add pref 102 fwmark 0x123/0xfffffff unreachable protocol 229
rule add pref 103 from 10.77.0.5 blackhole
rule add pref 104 lookup main suppress_prefixlength 0
rule add pref 105 goto 32766
rule add pref 106 ipproto tcp dport 80-81 lookup 501 protocol 229
rule add pref 107 tos 0x10 lookup 501 protocol 229
rule add pref 108 uidrange 0-7 lookup 70000
rule add pref 109 oif missing lookup 70000
rule add pref 110 ipproto udp lookup 501 protocol 229
rule add pref 111 sport 5000-5010 lookup 501 protocol 229
rule add pref 112 from 10.3.0.0/16 to 10.4.0.0/16 lookup 501 protocol 229
rule add pref 113 lookup main suppress_ifgroup 7
rule add pref 114 not fwmark 0x5 lookup 501 protocol 229
rule add pref 115 prohibit
rule add pref 116 oif eth0 ipproto udp dport 53 lookup 599 protocol 229
rule add pref 117 ipproto udp sport 53 dport 53 lookup 599 protocol 229
-6 rule add pref 600 lookup 501`;

const words = (text: string): string[] => text.split(' ');

beforeAll(async () => {
  namespace = await makeTestNamespace();
  await namespace.addVeth('eth0', 'isp0');
  for (const line of SET_UP.trim().split('\n')) {
    // br1 has to be up for its route, and is down again: its route is dead then.
    if (line.includes('dev br1')) await namespace.ip('link set br1 up');
    await run('ip', ['-n', namespace.name, ...words(line)]);
  }
  rtnetlink = new Rtnetlink(namespace.name);
});

afterAll(async () => {
  await namespace.remove();
});

async function ipJson(listing: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { stdout } = await run('ip', ['-j', '-d', '-N', ...words(listing)], { namespace: namespace.name });
  return JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[];
}

describe('links', () => {
  it.each(['eth0', 'br0', 'br1', 'lo'])('%s is as ip shows it', async (name) => {
    const [shown] = await ipJson(`link show dev ${name}`);
    const flags = shown?.flags as readonly string[];
    const link = rtnetlink.link(name);
    expect(link).toMatchObject({
      index: shown?.ifindex,
      name,
      mtu: shown?.mtu,
      isUp: flags.includes('UP'),
      hasLowerUp: flags.includes('LOWER_UP'),
      isNotRunning: flags.includes('NO-CARRIER'),
      macAddress: shown?.address,
      operState: String(shown?.operstate).toLowerCase(),
    });
    expect(link?.alias).toBe(shown?.ifalias);
    expect(link?.kind).toBe((shown?.linkinfo as { info_kind?: string } | undefined)?.info_kind);
    expect(rtnetlink.link(link?.index ?? 0)).toEqual(link);
    expect(rtnetlink.links()).toContainEqual(link);
  });

  it('that is not there is undefined', () => {
    expect([rtnetlink.link('missing'), rtnetlink.link(9_999_999)]).toEqual([undefined, undefined]);
    expect(
      rtnetlink
        .links()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['br0', 'br1', 'eth0', 'isp0', 'lo']);
  });

  it('of a bridge is told to send back where it came from', async () => {
    await namespace.addVeth('member', 'peer');
    try {
      expect(rtnetlink.link('member')?.isHairpin).toBeUndefined();
      const on = { kind: 'link-set', name: 'member', settings: { isHairpin: true } } as const;
      const [refused] = rtnetlink.apply([on]);
      expect(refused !== undefined && isAlreadySo(on, refused)).toBe(true);
      await namespace.ip('link set member master br1');
      expect(rtnetlink.link('member')?.isHairpin).toBe(false);
      expect(rtnetlink.apply([on])).toEqual([undefined]);
      expect(rtnetlink.link('member')?.isHairpin).toBe(true);
      const [shown] = await ipJson('link show dev member');
      expect(shown?.linkinfo).toMatchObject({ info_slave_data: { hairpin: true } });
    } finally {
      await namespace.ip('link del member');
    }
  });

  it('knows its master, and its new name at once', async () => {
    await namespace.addVeth('old', 'peer');
    await namespace.ip('link set old master br1');
    const before = rtnetlink.link('old');
    expect(before?.masterIndex).toBe(rtnetlink.link('br1')?.index);
    await namespace.ip('link set old name new');
    expect(rtnetlink.link('old')).toBeUndefined();
    expect(rtnetlink.link('new')).toEqual({ ...before, name: 'new' });
    await namespace.ip('link del new');
  });
});

describe('addresses', () => {
  it.each(['eth0', 'lo', 'br0', 'br1'])('of %s are as ip shows them', async (name) => {
    const [shown] = await ipJson(`addr show dev ${name}`);
    const addresses = rtnetlink.addresses(rtnetlink.link(name)?.index);
    const infos = shown?.addr_info as readonly Readonly<Record<string, unknown>>[];
    expect(
      addresses.map((one) => ({
        family: one.family,
        local: one.address,
        prefixlen: one.prefixLength,
        dynamic: one.isDynamic,
        deprecated: one.isDeprecated,
        // A second may pass between the two.
        isForAWhile: one.validLifetimeSeconds > 3_000 && one.validLifetimeSeconds < Infinity,
      })),
    ).toEqual(
      infos.map((info) => ({
        family: info.family,
        local: info.local,
        prefixlen: info.prefixlen,
        dynamic: info.dynamic === true,
        deprecated: info.deprecated === true,
        isForAWhile: Number(info.valid_life_time) < 4_000,
      })),
    );
  });

  it('of every link are the sum of those of each', () => {
    const each = rtnetlink.links().flatMap(({ index }) => rtnetlink.addresses(index));
    const sorted = (all: readonly LinkAddress[]): string[] => all.map((one) => JSON.stringify(one)).sort();
    expect(sorted(rtnetlink.addresses())).toEqual(sorted(each));
    expect(each.length).toBeGreaterThan(8);
  });

  it('are deprecated, or of a link only, where they are', () => {
    const byAddress = new Map(rtnetlink.addresses().map((one) => [one.address, one]));
    expect(byAddress.get('198.51.100.2')).toMatchObject({ isDeprecated: true, isDynamic: true });
    expect(byAddress.get('192.0.2.2')).toMatchObject({ isDeprecated: false, validLifetimeSeconds: Infinity });
    expect(byAddress.get('169.254.7.7')).toMatchObject({ scope: 'link' });
    expect(byAddress.get('127.0.0.1')).toMatchObject({ scope: 'host' });
    expect(byAddress.get('203.0.113.1')).toMatchObject({ prefixLength: 32 });
  });

  it('are tentative until it is known that they are of nobody else', async () => {
    await namespace.ip('addr add fd00:0:0:1::8/64 dev eth0');
    const states = (): readonly boolean[] =>
      rtnetlink.addresses().flatMap((one) => (one.address === 'fd00:0:0:1::8' ? [one.isTentative] : []));
    expect(states()).toEqual([true]);
    await eventually(() => states()[0] === false);
    await namespace.ip('addr del fd00:0:0:1::8/64 dev eth0');
  });

  it('of a link that is not there are none', () => {
    expect(rtnetlink.addresses(9_999_999)).toEqual([]);
  });
});

describe('routes', () => {
  /** The types that we use, as ip numbers them. */
  const types: Readonly<Record<string, string>> = {
    1: 'unicast',
    2: 'local',
    3: 'broadcast',
    4: 'anycast',
    5: 'multicast',
    6: 'blackhole',
    7: 'unreachable',
  };
  const told = (route: Route): string =>
    JSON.stringify([
      route.table,
      route.destination.length,
      route.type,
      route.gateway,
      route.dev,
      route.source,
      route.metric,
      route.protocol,
    ]);

  it('are as many and the same as ip shows', async () => {
    const shown = [...(await ipJson('-4 route show table all')), ...(await ipJson('-6 route show table all'))];
    const length = (route: Readonly<Record<string, unknown>>): number => {
      const text = String(route.dst);
      if (text === 'default') return 0;
      return Number(text.split('/')[1] ?? (text.includes(':') ? 128 : 32));
    };
    const expected = shown
      .filter(({ tos }) => tos === undefined)
      .map((route) =>
        JSON.stringify([
          Number(route.table ?? 254),
          length(route),
          types[String(route.type)] ?? route.type,
          route.gateway ?? (route.via as { host?: string } | undefined)?.host,
          route.dev,
          route.prefsrc,
          route.metric ?? 0,
          Number(route.protocol),
        ]),
      );
    const routes = rtnetlink.routes().map(told);
    // ip shows the interface of an IPv6 route that leads nowhere as the loopback, and so does the kernel.
    expect([...routes].sort()).toEqual([...expected].sort());
    expect(routes.length).toBeGreaterThan(20);
  });

  const one = (table: number, family = 'inet'): Route | undefined =>
    rtnetlink.routes().find((route) => route.table === table && route.family === family);

  it('have gateways of the other family, and gateways that are taken to be there', () => {
    expect(one(601)).toMatchObject({ gateway: 'fe80::1', dev: 'eth0', isOnLink: false });
    expect(one(7)).toMatchObject({ gateway: '203.0.113.77', isOnLink: true });
    expect(one(600)).toMatchObject({ gateway: undefined, dev: 'eth0', destination: { address: '0.0.0.0', length: 0 } });
    expect(one(501, 'inet6')).toMatchObject({ gateway: 'fd00:0:0:1::1', destination: { address: '::', length: 0 } });
    expect(one(602)).toBeUndefined();
  });

  it('have several ways', () => {
    const several = rtnetlink.routes().filter(({ nextHops }) => nextHops.length > 0);
    expect(several).toEqual([
      expect.objectContaining({
        gateway: undefined,
        dev: undefined,
        metric: 60,
        nextHops: [
          { gateway: '192.0.2.1', dev: 'eth0', isOnLink: false },
          { gateway: '10.77.0.9', dev: 'br0', isOnLink: false },
        ],
      }),
    ]);
  });

  it('are dead where their link has no carrier', async () => {
    expect(one(603)).toMatchObject({ isDead: true });
    expect(one(600)).toMatchObject({ isDead: false });
    await namespace.ip('link set isp0 down');
    expect(one(600)).toMatchObject({ isDead: true });
    await namespace.ip('link set isp0 up');
    await eventually(() => one(600)?.isDead === false);
  });

  it('are those alone that are wanted', () => {
    const ours = rtnetlink.routes(({ protocol }) => protocol === 229);
    expect(ours).toEqual(rtnetlink.routes().filter(({ protocol }) => protocol === 229));
    expect(ours.length).toBeGreaterThan(6);
    expect(rtnetlink.routes(({ protocol }) => protocol === 228)).toEqual([]);
    expect(rtnetlink.routes(({ family }) => family === 'inet').length).toBeGreaterThan(6);
  });

  it('are chosen by their interface before anything else of them is read', () => {
    const eth0 = rtnetlink.link('eth0')?.index;
    const all = rtnetlink.routes(({ family }) => family === 'inet');
    const chosen = (wanted: number | undefined): readonly Route[] =>
      rtnetlink.routes(({ family }, linkIndex) => family === 'inet' && linkIndex() === wanted);
    expect(chosen(eth0)).toEqual(all.filter(({ dev }) => dev === 'eth0'));
    // Those by several ways have no interface of their own.
    expect(chosen(undefined)).toEqual(all.filter(({ dev }) => dev === undefined));
    expect(chosen(undefined).some(({ nextHops }) => nextHops.length > 1)).toBe(true);
  });
});

describe('rules', () => {
  it('are those that a rule can say, in their order', () => {
    expect(rtnetlink.rules().map(({ preference }) => preference)).toEqual([
      0, 100, 102, 103, 104, 105, 109, 115, 116, 32_766, 32_767,
    ]);
    expect(rtnetlink.rules().slice(1, 9)).toEqual([
      {
        preference: 100,
        from: { address: '10.1.0.0', length: 24 },
        mark: { value: 1, mask: 0xff },
        inputInterface: 'eth0',
        outputInterface: undefined,
        destinationPort: undefined,
        action: { kind: 'lookup', table: 501 },
        protocol: 229,
      },
      expect.objectContaining({ mark: { value: 0x123, mask: 0xfffffff }, action: { kind: 'unreachable' } }),
      expect.objectContaining({ from: { address: '10.77.0.5', length: 32 }, action: { kind: 'blackhole' } }),
      expect.objectContaining({ action: { kind: 'lookup', table: 254, suppressPrefixLength: 0 } }),
      expect.objectContaining({ preference: 105, action: { kind: 'goto', preference: 32_766 } }),
      expect.objectContaining({ outputInterface: 'missing', action: { kind: 'lookup', table: 70_000 } }),
      expect.objectContaining({ action: { kind: 'prohibit' } }),
      expect.objectContaining({ outputInterface: 'eth0', destinationPort: { protocol: 'udp', port: 53 } }),
    ]);
  });

  it('of l3mdev are left out, where the kernel has them', async () => {
    const before = rtnetlink.rules();
    const { exitCode } = await run('ip', words('rule add pref 200 l3mdev protocol 229'), {
      namespace: namespace.name,
      allowFailure: true,
    });
    expect(rtnetlink.rules()).toEqual(before);
    if (exitCode === 0) await namespace.ip('rule del pref 200');
  });

  it('are read by thousands', async () => {
    const before = rtnetlink.rules().length;
    const commands = Array.from({ length: 1_500 }, (_, index) => `rule add pref ${1_000 + index} lookup 99`);
    await run('ip', ['-n', namespace.name, '-batch', '-'], { input: `${commands.join('\n')}\n` });
    expect(rtnetlink.rules()).toHaveLength(before + commands.length);
  });
});

describe('neighbours', () => {
  it('are known or silent, and undefined where nobody asked', async () => {
    await namespace.ip('neigh add 192.0.2.50 lladdr 02:00:00:00:00:50 dev eth0');
    expect(rtnetlink.neighbour('eth0', '192.0.2.50')).toEqual({
      linkIndex: rtnetlink.link('eth0')?.index,
      address: '192.0.2.50',
      linkAddress: Uint8Array.from([2, 0, 0, 0, 0, 0x50]),
      state: 'known',
    });
    expect(rtnetlink.neighbours()).toContainEqual(rtnetlink.neighbour('eth0', '192.0.2.50'));
    expect(rtnetlink.neighbour('eth0', '192.0.2.51')).toBeUndefined();
    expect(rtnetlink.neighbour('missing', '192.0.2.50')).toBeUndefined();
  });
});

describe('a namespace that is not there', () => {
  const lost = new Rtnetlink('evi-missing');
  it.each<[string, () => unknown]>([
    ['links', () => lost.links()],
    ['link', () => lost.link('lo')],
    ['addresses', () => lost.addresses()],
    ['routes', () => lost.routes()],
    ['rules', () => lost.rules()],
    ['neighbours', () => lost.neighbours()],
    ['neighbour', () => lost.neighbour('lo', '127.0.0.1')],
    ['apply', () => lost.apply([{ kind: 'link-delete', name: 'x' }])],
  ])('has no %s', (_, ask) => {
    expect(ask).toThrow(
      expect.objectContaining({
        name: 'NetlinkError',
        message: expect.stringContaining('Cannot open network namespace "evi-missing"'),
      }),
    );
  });
});
