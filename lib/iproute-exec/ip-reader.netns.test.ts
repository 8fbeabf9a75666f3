import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parseAddresses, parseLinks, parseRoutes, parseRules } from './ip-json/index.js';
import { IpReader } from './ip-reader.js';
import type { IpAnswer } from './read-unit.js';
import { childrenWith, makeTestNamespace, type TestNamespace } from './testing.js';

let namespace: TestNamespace;
let reader: IpReader;

const words = (text: string): string[] => text.split(' ');
const query = (commands: readonly string[]): Promise<readonly IpAnswer[]> => reader.query(commands.map(words));
const childText = (): string => `ip -n ${namespace.name} -j -d -N -force -batch -`;

beforeAll(async () => {
  namespace = await makeTestNamespace();
  await namespace.addVeth('eth0', 'isp0');
  await namespace.ip('link set eth0 up alias first');
  await namespace.ip('link set isp0 up');
  await namespace.ip('address add 192.0.2.2/24 dev eth0');
  await namespace.ip('route add default via 192.0.2.1 dev eth0 metric 50 proto dhcp');
  await namespace.ip('route add unreachable default table 501');
  await namespace.ip('rule add pref 100 from 10.1.0.0/24 fwmark 0x1/0xff iif eth0 lookup 501');
  await namespace.ip('-6 rule add pref 600 lookup 501');
});

afterAll(async () => {
  await namespace.remove();
});

beforeEach(() => {
  reader = new IpReader({ namespace: namespace.name });
});

afterEach(async () => {
  await reader.close();
});

describe('IpReader', () => {
  it('reads what the parsers understand', async () => {
    const [links, addresses, mainRoutes, table501, rules] = await query([
      'link show',
      'address show dev eth0',
      'route show table main',
      'route show table 501',
      'rule show',
    ]);
    expect(parseLinks(links)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ifname: 'eth0', kind: 'veth', ifalias: 'first', mtu: 1500, operstate: 'UP' }),
        expect.objectContaining({ ifname: 'lo', ifindex: 1, kind: undefined }),
      ]),
    );
    expect(parseAddresses(addresses)[0]?.addresses[0]).toEqual({
      family: 'inet',
      local: '192.0.2.2',
      prefixlen: 24,
      scope: 'global',
      validLifetimeSeconds: Infinity,
      dynamic: false,
      tentative: false,
    });
    const [defaultRoute] = parseRoutes(mainRoutes).filter((route) => route.dst === 'default');
    expect(defaultRoute).toMatchObject({ gateway: '192.0.2.1', dev: 'eth0', protocol: 16, metric: 50, table: 254 });
    expect(parseRoutes(table501)).toMatchObject([{ dst: 'default', type: 'unreachable', table: 501 }]);
    expect(parseRules(rules).find((rule) => rule.priority === 100)).toMatchObject({
      src: '10.1.0.0',
      srclen: 24,
      fwmark: 1,
      fwmask: 0xff,
      iif: 'eth0',
      table: 501,
      action: 'lookup',
      unmodelled: [],
    });
  });

  it('reads the rules of the family that it is for', async () => {
    const inet6 = new IpReader({ namespace: namespace.name, family: 'inet6' });
    const [rules] = await inet6.query([words('rule show')]);
    expect(parseRules(rules).map((rule) => rule.priority)).toEqual([0, 600, 32_766]);
    await inet6.close();
  });

  it('answers undefined for what fails, an empty list for what is empty, each in its place', async () => {
    const answers = await query([
      'link show dev missing',
      'route show table 599',
      'link show dev lo',
      'route get 198.51.100.1 from 192.0.2.77',
      'address show dev missing',
      'rule show',
    ]);
    expect(answers.map((answer) => answer?.length)).toEqual([undefined, 0, 1, undefined, undefined, 4]);
  });

  it('reads addresses of a device after a listing of links', async () => {
    for (let round = 0; round < 3; round++) {
      const [, , addresses] = await query(['link show', 'link show dev eth0', 'address show dev eth0', 'link show']);
      expect(parseAddresses(addresses)[0]?.addresses.map((address) => address.local)).toContain('192.0.2.2');
    }
  });

  it('forgets the filter of one query before the next', async () => {
    const answers = await query([
      'route show table main',
      'route show table 501',
      'route show table main',
      'rule show pref 100',
      'rule show',
      'address show type bridge',
      'address show',
    ]);
    expect(answers.map((answer) => parseLinks(answer).length || answer?.length)).toEqual([2, 1, 2, 1, 4, 0, 3]);
  });

  it('answers nothing to nothing', async () => {
    expect(await query([])).toEqual([]);
  });

  it('keeps the answers of many concurrent callers apart, through several children', async () => {
    const names = ['lo', 'eth0', 'missing', 'isp0'];
    const asked = Array.from({ length: 400 }, (_, index) => names.slice(index % 4).concat(names.slice(0, index % 4)));
    const answers = await Promise.all(asked.map((order) => query(order.map((name) => `link show dev ${name}`))));
    const read = answers.map((answer) => answer.map((links) => parseLinks(links)[0]?.ifname ?? 'missing'));
    expect(read).toEqual(asked);
  });

  it('asks hundreds in one call', async () => {
    const answers = await query(
      Array.from({ length: 300 }, (_, index) => `link show dev ${index % 3 === 0 ? 'missing' : 'lo'}`),
    );
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(100);
  });

  it.each([
    ['link set lo up', /set is not one of/],
    ['netconf show dev lo', /not one of the objects/],
    ['nexthop show', /not one of the objects/],
    ['link show dev a#b', /argument 3/],
    ['route save', /binary|not one of/],
  ])('refuses to run %s', async (command, message) => {
    await expect(query([command])).rejects.toThrow(message);
  });

  it('rejects the caller of a query with wrong syntax, and no other', async () => {
    const outcomes = await Promise.allSettled([
      query(['link show dev lo']),
      query(['link show dev lo', 'rule show pref wrong', 'rule show']),
      query(['rule show']),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { message: expect.stringContaining('"wrong"') } });
  });

  it('knows links by their new names and indexes, once told', async () => {
    await namespace.addVeth('old', 'peer');
    await query(['address show dev old']);
    await namespace.ip('link set old name new');
    await namespace.addVeth('old', 'peer2');
    await namespace.ip('address add 10.9.0.1/24 dev old');
    await namespace.ip('link set old up');
    reader.forgetInterfaces();
    const [links, routes] = await query(['address show dev old', 'route show 10.9.0.0/24']);
    expect(parseAddresses(links)[0]?.addresses[0]?.local).toBe('10.9.0.1');
    expect(parseRoutes(routes)[0]?.dev).toBe('old');
    await namespace.ip('link del new');
    await namespace.ip('link del old');
  });

  it('repeats what was under way when its child is killed', async () => {
    await query(['rule show']);
    const pids = await childrenWith(childText());
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const answers = query(['address show dev lo', 'link show dev lo', 'address show dev missing']);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect((await answers).map((answer) => answer?.length)).toEqual([1, 1, undefined]);
  });

  it('gives up a child that hangs, and goes on with another', async () => {
    const impatient = new IpReader({ namespace: namespace.name, timeoutMs: 200 });
    await impatient.query([words('link show')]);
    const pids = await childrenWith(childText());
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await expect(impatient.query([words('link show')])).rejects.toThrow(/no answer within 200 ms to: link show/);
    for (const pid of await childrenWith(childText())) if (pids.includes(pid)) process.kill(pid, 'SIGCONT');
    expect((await impatient.query([words('link show dev lo')]))[0]).toHaveLength(1);
    await impatient.close();
  });

  it('fails where the namespace does not exist', async () => {
    const lost = new IpReader({ namespace: 'evi-missing' });
    await expect(lost.query([words('link show')])).rejects.toThrow(/Cannot open network namespace "evi-missing"/);
    await lost.close();
  });

  it('rejects what is not answered when closed, and leaves no process', async () => {
    const asked = query(['link show']);
    await Promise.all([expect(asked).rejects.toThrow(/closed/), reader.close()]);
    await expect(query(['link show'])).rejects.toThrow(/closed/);
    expect(await childrenWith(childText())).toEqual([]);
  });
});
