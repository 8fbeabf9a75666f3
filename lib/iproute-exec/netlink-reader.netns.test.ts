import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { parseAddresses, parseLinks, parseRoutes, parseRules } from './ip-json/index.js';
import { IpReader } from './ip-reader.js';
import { NetlinkReader } from './netlink-reader.js';
import type { IpAnswer } from './read-unit.js';
import { run } from './run.js';
import { childrenWith, makeTestNamespace, type TestNamespace } from './testing.js';

let namespace: TestNamespace;
let reader: NetlinkReader;
let ip: IpReader;

const words = (text: string): string[] => text.split(' ');

const setUp = `
link add name br0 address 02:00:00:00:00:b0 mtu 1400 type bridge
link set dev br0 alias eve-uplink:11111111-1111-4111-8111-111111111111 up
addr add 10.77.0.1/24 dev br0
link add name br1 type bridge
link set eth0 up
link set isp0 up
addr add 192.0.2.2/24 dev eth0
addr add 192.0.2.3/24 dev eth0
addr add 198.51.100.2/32 dev eth0 valid_lft 3600 preferred_lft 3600
addr add 203.0.113.1 peer 203.0.113.2/32 dev eth0
addr add 169.254.7.7/16 dev eth0 scope link
addr add fd00:0:0:1::7/64 dev eth0 nodad
route add default via 192.0.2.1 dev eth0 metric 50 proto dhcp
route add default metric 60 nexthop via 192.0.2.1 dev eth0 weight 2 nexthop via 10.77.0.9 dev br0
route add default via 192.0.2.1 dev eth0 src 192.0.2.2 table 501 proto 229 onlink
route add default via 192.0.2.9 dev eth0 table 7 proto 77 onlink
route add unreachable default table 502 proto 229
route add blackhole 10.9.0.0/16 table 1000 proto 229
route add 10.77.0.0/24 dev br0 table 499 proto 229
route add 192.0.2.77 dev eth0 proto 229
-6 route add default via fd00:0:0:1::1 dev eth0 table 501 proto 229
rule add pref 100 from 10.1.0.0/24 fwmark 0x1/0xff iif eth0 lookup 501 protocol 229
rule add pref 101 not to 10.2.0.7 oif br0 lookup 7
rule add pref 102 fwmark 0x123/0xfffffff unreachable protocol 229
rule add pref 103 from 10.77.0.5 blackhole
rule add pref 104 lookup main suppress_prefixlength 0
rule add pref 105 goto 32766
rule add pref 106 ipproto tcp dport 80 lookup 501 protocol 229
rule add pref 107 tos 0x10 lookup 501 protocol 229
rule add pref 108 uidrange 0-7 lookup 70000
-6 rule add pref 600 lookup 501`;

beforeAll(async () => {
  namespace = await makeTestNamespace();
  await namespace.addVeth('eth0', 'isp0');
  const lines = setUp.trim().split('\n');
  for (const line of lines) await run('ip', ['-n', namespace.name, ...words(line)]);
  reader = new NetlinkReader({ namespace: namespace.name });
  ip = new IpReader({ namespace: namespace.name });
});

afterAll(async () => {
  await Promise.all([reader.close(), ip.close()]);
  await namespace.remove();
});

async function bothAnswers<T>(query: string, parse: (answer: IpAnswer) => T): Promise<readonly [native: T, byIp: T]> {
  const [[native], [byIp]] = await Promise.all([reader.query([words(query)]), ip.query([words(query)])]);
  return [parse(native), parse(byIp)];
}

/** What is read of flags; ip prints more. */
const knownFlags = new Set(['UP', 'LOWER_UP', 'NO-CARRIER']);
const withKnownFlags = (links: readonly { readonly flags: readonly string[] }[]): readonly unknown[] =>
  links.map((link) => ({ ...link, flags: link.flags.filter((flag) => knownFlags.has(flag)).sort() }));

describe('NetlinkReader answers as ip does', () => {
  it.each(['eth0', 'br0', 'br1', 'lo', 'missing'])('link %s', async (name) => {
    const [native, byIp] = await bothAnswers(`link show dev ${name}`, (links) => withKnownFlags(parseLinks(links)));
    expect(native).toEqual(byIp);
    expect(native).toHaveLength(name === 'missing' ? 0 : 1);
  });

  it.each(['addr show dev eth0', 'address show dev lo', 'addr show dev br1', 'addr show type bridge'])(
    '%s',
    async (query) => {
      const [native, byIp] = await bothAnswers(query, (answer) =>
        withKnownFlags(
          parseAddresses(answer).map(({ addresses, ...link }) => ({
            ...link,
            // A second may pass between the two.
            addresses: addresses.map((one) => ({ ...one, validLifetimeSeconds: one.validLifetimeSeconds > 3_000 })),
          })),
        ),
      );
      expect(native).toEqual(byIp);
      expect(native.length).toBeGreaterThan(0);
    },
  );

  it.each(['route show table all default', 'route show table all proto 229', 'route show table all proto 228'])(
    '%s',
    async (query) => {
      const [native, byIp] = await bothAnswers(query, (answer) => parseRoutes(answer));
      // Asked for one protocol, ip does not repeat it.
      const protocol = /proto (\d+)/.exec(query)?.[1];
      const told = protocol === undefined ? byIp : byIp.map((route) => ({ ...route, protocol: Number(protocol) }));
      expect(native).toHaveLength(byIp.length);
      expect(native).toEqual(expect.arrayContaining([...told]));
    },
  );

  it('rule show', async () => {
    const [native, byIp] = await bothAnswers('rule show', (answer) =>
      parseRules(answer).map(({ unmodelled, ...rule }) => ({ ...rule, isOurs: unmodelled.length === 0 })),
    );
    expect(native).toEqual(byIp);
    expect(native.map(({ priority }) => priority)).toEqual([
      0, 100, 101, 102, 103, 104, 105, 106, 107, 108, 32_766, 32_767,
    ]);
  });

  it('several queries at once, each in its place, undefined for what fails', async () => {
    const queries = ['link show dev missing', 'rule show', 'addr show dev missing', 'link show dev lo'].map(words);
    expect((await reader.query(queries)).map((answer) => answer?.length)).toEqual([undefined, 12, undefined, 1]);
    expect(await reader.query([])).toEqual([]);
  });
});

describe('NetlinkReader', () => {
  const childText = (): string => `ip -n ${namespace.name} -j -d -N -force -batch -`;

  it('needs no process for what it knows, and asks ip for the rest', async () => {
    const alone = new NetlinkReader({ namespace: namespace.name });
    const before = (await childrenWith(childText())).length;
    await alone.query([words('rule show'), words('link show dev lo')]);
    expect((await childrenWith(childText())).length).toBe(before);
    const [rules, route] = await alone.query([words('rule show'), words('route get 192.0.2.9')]);
    expect(rules).toHaveLength(12);
    expect(parseRoutes(route)[0]?.dev).toBe('eth0');
    await expect(alone.query([words('link set lo down')])).rejects.toThrow(/set is not one of/);
    await alone.close();
    await expect(alone.query([words('rule show')])).rejects.toThrow('closed');
  });

  it('sees a link by its new name at once', async () => {
    await namespace.addVeth('old', 'peer');
    await reader.query([words('link show dev old')]);
    await namespace.ip('link set old name new');
    const answers = await reader.query([words('link show dev old'), words('link show dev new')]);
    expect(answers.map((answer) => answer?.length)).toEqual([undefined, 1]);
    await namespace.ip('link del new');
  });

  it('reads listings of many messages', async () => {
    const commands = Array.from({ length: 1_500 }, (_, index) => `rule add pref ${1_000 + index} lookup 99`);
    await run('ip', ['-n', namespace.name, '-batch', '-'], { input: `${commands.join('\n')}\n` });
    expect((await reader.query([words('rule show')]))[0]).toHaveLength(1_512);
  });

  it('fails where the namespace does not exist', async () => {
    const lost = new NetlinkReader({ namespace: 'evi-missing' });
    await expect(lost.query([words('rule show')])).rejects.toThrow('Cannot open network namespace "evi-missing"');
    await lost.close();
  });
});
