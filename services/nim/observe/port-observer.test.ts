import { beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import {
  everywhere,
  NetlinkError,
  routeVia,
  type KernelEvent,
  type Link,
  type LinkAddress,
  type Route,
} from '../../../lib/netlink/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { defaultRouteVia } from '../../../lib/decision/decide/testing/scenario.js';
import { formatObservedRoute } from '../../../lib/decision/snapshot/index.js';
import { PortObserver, type Reading } from './port-observer.js';

interface FakeInterface {
  readonly link: Link;
  readonly addresses: readonly LinkAddress[];
  readonly gateway?: string | undefined;
}

const on = { isUp: true, hasLowerUp: true, isNotRunning: false };
const withoutCarrier = { isUp: true, hasLowerUp: false, isNotRunning: true };
const off = { isUp: false, hasLowerUp: false, isNotRunning: false };

function linkOf(index: number, name: string, changes: Partial<Link> = {}): Link {
  return {
    ...{ index, name, ...on, operState: 'up', mtu: 1500, macAddress: '02:00:00:00:00:01' },
    ...{ alias: undefined, masterIndex: undefined, kind: undefined },
    ...changes,
  };
}

function addressOf(address: string, changes: Partial<LinkAddress> = {}): LinkAddress {
  return {
    ...{ linkIndex: 0, family: 'inet', address, prefixLength: 24, scope: 'global', validLifetimeSeconds: Infinity },
    ...{ isDynamic: false, isTentative: false, isDeprecated: false },
    ...changes,
  };
}

function defaultRoute(dev: string, gateway: string, changes: Partial<Omit<Route, 'dev'>> = {}): Route {
  return routeVia({ table: 254, destination: everywhere('inet'), protocol: 16, dev, gateway, ...changes });
}

/** RTPROT_KERNEL: made of an address. */
const ofKernel = { protocol: 2, dev: 'eth0' } as const;

/** A kernel with interfaces. */
class FakeKernel {
  readonly interfaces = new Map<string, FakeInterface>();
  /** Beside the default routes of the interfaces. */
  readonly otherRoutes: Route[] = [];
  readonly asked: string[] = [];
  /** What it refuses to answer. */
  broken: 'link' | 'addresses' | 'routes' | undefined;

  link(which: string | number): Link | undefined {
    this.#answer('link', which);
    return this.interfaces.get(String(which))?.link;
  }

  addresses(linkIndex?: number): readonly LinkAddress[] {
    this.#answer('addresses', linkIndex);
    return [...this.interfaces.values()].find(({ link }) => link.index === linkIndex)?.addresses ?? [];
  }

  routes(): readonly Route[] {
    this.#answer('routes');
    const own = [...this.interfaces].flatMap(([dev, { gateway }]) =>
      gateway === undefined ? [] : [defaultRoute(dev, gateway)],
    );
    return [...own, ...this.otherRoutes];
  }

  #answer(what: 'link' | 'addresses' | 'routes', which?: string | number): void {
    this.asked.push(which === undefined ? what : `${what} ${which}`);
    if (this.broken === what) throw new NetlinkError(what, 'Operation not permitted', { errno: 1 });
  }
}

let kernel: FakeKernel;
let clock: VirtualClock;
let observer: PortObserver;
let readings: Reading[];
/** What the kernel had been asked when each of the readings was told. */
let askedBefore: string[][];
let told: Promise<void>;
let nameServers: Map<string, readonly string[]>;

beforeEach(() => {
  kernel = new FakeKernel();
  add('eth0', { link: linkOf(7, 'eth0'), addresses: [addressOf('192.0.2.7')], gateway: '192.0.2.1' });
  add('wwan0', { link: linkOf(8, 'wwan0'), addresses: [addressOf('198.51.100.8')], gateway: '198.51.100.1' });
  clock = new VirtualClock();
  readings = [];
  askedBefore = [];
  told = Promise.resolve();
  nameServers = new Map();
  observer = new PortObserver({
    reader: kernel,
    nameServers: {
      of: (name) => ({ nameServers: nameServers.get(name) ?? [], ntpServers: [] }),
      follow: () => undefined,
      refresh: () => Promise.resolve(),
    },
    clock,
    logger: createLogger({ service: 'test', level: 'silent' }),
    onReading: (reading) => {
      readings.push(reading);
      askedBefore.push([...kernel.asked]);
    },
    untilTold: () => told,
  });
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function start(): Promise<void> {
  observer.observe([
    { label: 'shore', interfaceName: 'eth0' },
    { label: 'lte', interfaceName: 'wwan0' },
  ]);
  await settled();
  forget();
}

/** Forgets what was told and asked so far. */
function forget(): void {
  readings.length = 0;
  askedBefore.length = 0;
  kernel.asked.length = 0;
}

function changesSeen(): readonly string[] {
  return readings.flatMap(({ changed }) => changed.map(({ label, changes }) => `${label}: ${changes.join(', ')}`));
}

function routesOf(label: string): readonly string[] {
  const observation = readings.at(-1)?.observations.get(label)?.observation;
  return observation?.kind === 'present' ? observation.routes.map(formatObservedRoute) : [];
}

function add(name: string, one: FakeInterface): void {
  kernel.interfaces.set(name, one);
}

function there(name: string): FakeInterface {
  const found = kernel.interfaces.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function setLink(name: string, changes: Partial<Link>): void {
  const before = there(name);
  kernel.interfaces.set(name, { ...before, link: { ...before.link, ...changes } });
}

function setAddresses(name: string, addresses: readonly LinkAddress[]): void {
  kernel.interfaces.set(name, { ...there(name), addresses });
}

const linkChanged: KernelEvent = { kind: 'link', index: 7, name: 'eth0', isGone: false };
const routeGone = { kind: 'route', table: 254, family: 'inet', protocol: 16, isGone: true } as const;
const addressGone: KernelEvent = { kind: 'address', linkIndex: 7, family: 'inet', isGone: true };
const addressOfLteChanged: KernelEvent = { kind: 'address', linkIndex: 8, family: 'inet', isGone: true };

describe('PortObserver', () => {
  it('reads everything at first', async () => {
    observer.observe([
      { label: 'shore', interfaceName: 'eth0' },
      { label: 'sat', interfaceName: 'sat0' },
    ]);
    await settled();
    expect(readings).toHaveLength(1);
    expect(readings[0]?.observations.get('shore')?.observation).toEqual({
      kind: 'present',
      link: 'up',
      index: 7,
      macAddress: '02:00:00:00:00:01',
      mtu: 1500,
      addresses: [{ address: '192.0.2.7', prefixLength: 24 }],
      routes: [defaultRouteVia('192.0.2.1')],
      dnsServers: [],
    });
    expect(readings[0]?.observations.get('sat')?.observation).toEqual({ kind: 'missing' });
  });

  it.each<[string, Partial<Link>, object]>([
    ['a tunnel, whose state is unknown', { operState: 'unknown' }, { link: 'up' }],
    ['a link that is off', off, { link: 'admin-down' }],
    ['one without a carrier', withoutCarrier, { link: 'no-carrier' }],
    ['one with a carrier that is not used yet', { isNotRunning: true }, { link: 'no-carrier' }],
    ['one without a hardware address', { macAddress: undefined }, { macAddress: '' }],
    ["one whose hardware address is none of Ethernet's", { macAddress: 'c0:00:02:01' }, { macAddress: '' }],
  ])('reads %s', async (_what, changes, want) => {
    setLink('eth0', changes);
    await start();
    observer.onEventsLost();
    expect(readings.at(-1)?.observations.get('shore')?.observation).toMatchObject(want);
  });

  it('reads the addresses that are of IPv4 and global, in their order', async () => {
    setAddresses('eth0', [
      addressOf('192.0.2.9', { prefixLength: 32 }),
      addressOf('169.254.7.7', { scope: 'link' }),
      addressOf('2001:db8::7', { family: 'inet6', prefixLength: 64 }),
      addressOf('192.0.2.7'),
    ]);
    await start();
    observer.onEventsLost();
    expect(readings.at(-1)?.observations.get('shore')?.observation).toMatchObject({
      addresses: [
        { address: '192.0.2.9', prefixLength: 32 },
        { address: '192.0.2.7', prefixLength: 24 },
      ],
    });
  });

  it('reads the IPv4 routes of the main table, default routes first, best first and each once', async () => {
    const destination = { address: '10.0.0.0', length: 8 };
    kernel.otherRoutes.push(
      defaultRoute('eth0', '192.0.2.3', { metric: 900, table: 77 }),
      defaultRoute('eth0', '192.0.2.98', { destination, source: '192.0.2.7', isOnLink: true }),
      defaultRoute('eth0', '192.0.2.2', { metric: 5 }),
      defaultRoute('eth0', '192.0.2.2', { metric: 5 }),
      defaultRoute('eth0', '192.0.2.99', { table: 501 }),
      defaultRoute('eth0', '192.0.2.97', { type: 'unreachable' }),
      defaultRoute('eth0', '192.0.2.96', { destination, table: 77 }),
      defaultRoute('eth0', 'fe80::1', { family: 'inet6', destination: everywhere('inet6') }),
      defaultRoute('eth0', 'fe80::2', { metric: 9 }),
      defaultRoute('lan0', '192.0.2.95'),
      routeVia({ table: 254, destination: { address: '192.0.2.0', length: 24 }, ...ofKernel, source: '192.0.2.7' }),
      routeVia({ table: 254, destination: { address: '192.0.2.1', length: 32 }, ...ofKernel, source: '10.0.0.2' }),
      {
        ...defaultRoute('', '', { metric: 1_000 }),
        dev: undefined,
        gateway: undefined,
        nextHops: [
          { dev: 'eth0', gateway: '192.0.2.4', isOnLink: false },
          { dev: 'wwan0', gateway: '198.51.100.4', isOnLink: true },
        ],
      },
    );
    await start();
    observer.onEventsLost();
    expect(routesOf('shore')).toEqual([
      'default via 192.0.2.1',
      'default via 192.0.2.2 metric 5',
      'default via inet6 fe80::2 metric 9',
      'default via 192.0.2.4 metric 1000',
      '10.0.0.0/8 via 192.0.2.98 src 192.0.2.7 onlink',
      // The other end of a point-to-point link.
      '192.0.2.1/32 src 10.0.0.2',
    ]);
    expect(routesOf('lte')).toEqual(['default via 198.51.100.1', 'default via 198.51.100.4 metric 1000 onlink']);
  });

  it('reads a way out without a gateway', async () => {
    add('wwan0', { ...there('wwan0'), gateway: undefined });
    kernel.otherRoutes.push(routeVia({ table: 254, destination: everywhere('inet'), protocol: 3, dev: 'wwan0' }));
    await start();
    observer.onEventsLost();
    expect(routesOf('lte')).toEqual(['default']);
  });

  it('takes the routes of another table where the main table has no way out over the interface', async () => {
    const destination = { address: '10.0.0.0', length: 8 };
    add('wwan0', { ...there('wwan0'), gateway: undefined });
    kernel.otherRoutes.push(
      defaultRoute('wwan0', '198.51.100.7', { table: 1_077 }),
      defaultRoute('wwan0', '198.51.100.6', { table: 77 }),
      defaultRoute('wwan0', '198.51.100.5', { table: 77, destination }),
      defaultRoute('wwan0', '198.51.100.4', { destination: { address: '10.9.0.0', length: 16 } }),
      defaultRoute('wwan0', '198.51.100.3', { table: 1_077, destination }),
    );
    await start();
    observer.onEventsLost();
    expect(routesOf('lte')).toEqual([
      'default via 198.51.100.6',
      '10.0.0.0/8 via 198.51.100.5',
      '10.9.0.0/16 via 198.51.100.4',
    ]);
  });

  it('tells a way out that goes and stays away, and that of the configuration where there is none', async () => {
    const addressing = { kind: 'static', gateway: '198.51.100.254' } as const;
    observer.observe([
      { label: 'shore', interfaceName: 'eth0', addressing: { kind: 'dhcp' } },
      { label: 'lte', interfaceName: 'wwan0', addressing },
    ]);
    await settled();
    forget();
    for (const name of ['eth0', 'wwan0']) add(name, { ...there(name), gateway: undefined });
    observer.onKernelEvent({ ...routeGone, linkIndex: 7 });
    clock.advance(249);
    expect(changesSeen()).toEqual([]);
    clock.advance(1);
    expect(changesSeen()).toEqual(['shore: gateway gone', 'lte: gateway now 198.51.100.254']);
    expect(routesOf('lte')).toEqual(['default via 198.51.100.254']);
  });

  it('tells nothing where a lease is renewed by taking the way out away and putting it back', async () => {
    await start();
    add('eth0', { ...there('eth0'), gateway: undefined });
    observer.onKernelEvent({ ...routeGone, linkIndex: 7 });
    clock.advance(100);
    add('eth0', { ...there('eth0'), gateway: '192.0.2.1' });
    observer.onKernelEvent({ ...routeGone, isGone: false, linkIndex: 7 });
    clock.advance(10_000);
    expect(changesSeen()).toEqual([]);
    // The next time is counted anew.
    add('eth0', { ...there('eth0'), gateway: undefined });
    observer.onKernelEvent({ ...routeGone, linkIndex: 7 });
    clock.advance(249);
    expect(changesSeen()).toEqual([]);
    clock.advance(1);
    expect(changesSeen()).toEqual(['shore: gateway gone']);
  });

  it('does not wait for a way out that another gateway has taken the place of, or whose address has gone', async () => {
    await start();
    add('eth0', { ...there('eth0'), gateway: '192.0.2.254' });
    observer.onKernelEvent({ ...routeGone, linkIndex: 7 });
    expect(changesSeen()).toEqual(['shore: gateway now 192.0.2.254']);
    forget();
    add('eth0', { ...there('eth0'), gateway: undefined, addresses: [] });
    observer.onKernelEvent({ ...routeGone, linkIndex: 7 });
    await settled();
    expect(changesSeen().join()).toMatch(/^shore: .*address/);
    forget();
    // The one that the gateway knows goes, and takes the route with it; another one stays.
    add('wwan0', { ...there('wwan0'), addresses: [addressOf('10.0.0.2'), addressOf('198.51.100.8')] });
    observer.onKernelEvent(addressOfLteChanged);
    forget();
    add('wwan0', { ...there('wwan0'), addresses: [addressOf('10.0.0.2')], gateway: undefined });
    observer.onKernelEvent(addressOfLteChanged);
    expect(changesSeen().join()).toContain('gateway gone');
  });

  it('asks for the link alone where the carrier changed, and tells the loss before it reads routes', async () => {
    await start();
    setLink('eth0', withoutCarrier);
    observer.onKernelEvent(linkChanged);
    await settled();
    expect(kernel.asked).toEqual(['link eth0', 'routes']);
    expect(changesSeen()).toEqual(['shore: carrier lost']);
    expect(askedBefore).toEqual([['link eth0']]);
  });

  it('reads no routes before a loss has been told', async () => {
    await start();
    setLink('eth0', withoutCarrier);
    let tell: () => void = () => undefined;
    told = new Promise((resolve) => {
      tell = resolve;
    });
    observer.onKernelEvent(linkChanged);
    await settled();
    expect([changesSeen(), kernel.asked]).toEqual([['shore: carrier lost'], ['link eth0']]);
    tell();
    await settled();
    expect(kernel.asked).toEqual(['link eth0', 'routes']);
  });

  it('does not wait for the routes to tell a loss, but to tell a port that came', async () => {
    await start();
    setLink('eth0', withoutCarrier);
    observer.onKernelEvent(linkChanged);
    expect(changesSeen()).toEqual(['shore: carrier lost']);
    expect(askedBefore).toEqual([['link eth0']]);
    await settled();
    forget();
    setLink('eth0', on);
    observer.onKernelEvent(linkChanged);
    expect(changesSeen()).toEqual(['shore: carrier back']);
    expect(askedBefore).toEqual([['link eth0', 'routes']]);
  });

  it('tells a gateway that went with the carrier after the loss', async () => {
    await start();
    const { link, addresses } = there('eth0');
    add('eth0', { link: { ...link, ...off }, addresses });
    observer.onKernelEvent(linkChanged);
    await settled();
    expect(changesSeen()).toEqual(['shore: switched off', 'shore: gateway gone']);
  });

  it('takes a carrier for back when the kernel sends over it, and not before', async () => {
    await start();
    setLink('eth0', withoutCarrier);
    observer.onKernelEvent(linkChanged);
    await settled();
    forget();
    setLink('eth0', { hasLowerUp: true, isNotRunning: true });
    observer.onKernelEvent(linkChanged);
    expect(changesSeen()).toEqual([]);
    setLink('eth0', on);
    observer.onKernelEvent(linkChanged);
    expect(changesSeen()).toEqual(['shore: carrier back']);
  });

  it('counts a reading that finds nothing new, and changes nothing', async () => {
    await start();
    observer.onEventsLost();
    const { equal } = observer.counts;
    setLink('eth0', { operState: 'unknown' });
    observer.onKernelEvent(linkChanged);
    expect(observer.counts.equal).toBe(equal + 1);
    expect(changesSeen()).toEqual([]);
    expect(readings).toHaveLength(2);
    expect(readings[1]?.observations).toBe(readings[0]?.observations);
  });

  it('has one reading under way and one waiting, however many events come', async () => {
    await start();
    let tell: () => void = () => undefined;
    told = new Promise((resolve) => {
      tell = resolve;
    });
    setLink('eth0', withoutCarrier);
    for (let event = 0; event < 50; event += 1) observer.onKernelEvent(linkChanged);
    await settled();
    expect(kernel.asked).toEqual(['link eth0']);
    setLink('eth0', off);
    tell();
    await settled();
    expect(kernel.asked.filter((query) => query === 'link eth0')).toHaveLength(2);
    expect(changesSeen()).toEqual(['shore: carrier lost', 'shore: switched off']);
  });

  it('tells in the turn of the event, without a timer or a promise between', async () => {
    await start();
    const { pendingTimers } = clock;
    setAddresses('eth0', []);
    observer.onKernelEvent(addressGone);
    expect(changesSeen()).toEqual(['shore: address 192.0.2.7/24 gone']);
    expect(clock.pendingTimers).toBe(pendingTimers);
  });

  it('reads everything twice a minute, and finds what no event told', async () => {
    await start();
    setAddresses('wwan0', [addressOf('198.51.100.9')]);
    clock.advance(30_000);
    await settled();
    expect(changesSeen()).toEqual(['lte: address 198.51.100.8/24 gone, address 198.51.100.9/24 added']);
    clock.advance(30_000);
    await settled();
    expect(readings.at(-1)?.changed).toEqual([]);
  });

  it('reads everything where events were lost', async () => {
    await start();
    observer.onEventsLost();
    expect(kernel.asked).toEqual(['link eth0', 'addresses 7', 'link wwan0', 'addresses 8', 'routes']);
  });

  it('asks for nothing where an event is about others', async () => {
    await start();
    observer.onKernelEvent({ kind: 'link', index: 12, name: 'bn3', isGone: false });
    observer.onKernelEvent({ kind: 'address', linkIndex: 12, family: 'inet', isGone: false });
    expect([kernel.asked, readings]).toEqual([[], []]);
  });

  it('sees an interface that was replaced, and reads its addresses and routes', async () => {
    await start();
    setLink('eth0', { index: 70 });
    observer.onKernelEvent(linkChanged);
    expect(kernel.asked).toEqual(['link eth0', 'addresses 70', 'routes']);
    expect(readings.at(-1)?.observations.get('shore')?.observation).toMatchObject({
      index: 70,
      addresses: [{ address: '192.0.2.7' }],
      routes: [{ gateway: '192.0.2.1' }],
    });
    expect(changesSeen()).toEqual(['shore: interface index changed']);
  });

  it('does not leave a new interface the addresses and routes of the old one', async () => {
    await start();
    add('eth0', { link: linkOf(70, 'eth0'), addresses: [] });
    observer.onKernelEvent({ kind: 'link', index: 70, name: 'eth0', isGone: false });
    await settled();
    expect(readings.at(-1)?.observations.get('shore')?.observation).toMatchObject({
      index: 70,
      addresses: [],
      routes: [],
    });
  });

  it('does not take a renamed interface for the port', async () => {
    await start();
    const eth0 = there('eth0');
    kernel.interfaces.delete('eth0');
    kernel.interfaces.set('lan0', { ...eth0, link: { ...eth0.link, name: 'lan0' } });
    observer.onKernelEvent({ kind: 'link', index: 7, name: 'lan0', isGone: false });
    await settled();
    expect(readings.at(-1)?.observations.get('shore')?.observation).toEqual({ kind: 'missing' });
    kernel.interfaces.delete('lan0');
    kernel.interfaces.set('eth0', eth0);
    observer.onKernelEvent(linkChanged);
    expect(readings.at(-1)?.observations.get('shore')?.observation).toMatchObject({
      index: 7,
      addresses: [{ address: '192.0.2.7' }],
    });
  });

  it('does not take an interface with that alternative name for the port', async () => {
    await start();
    setLink('eth0', { name: 'lan0' });
    observer.onKernelEvent({ kind: 'link', index: 7, name: 'lan0', isGone: false });
    expect(readings.at(-1)?.observations.get('shore')?.observation).toEqual({ kind: 'missing' });
  });

  it('keeps what it knows while the kernel refuses, and reads on when it answers again', async () => {
    await start();
    kernel.broken = 'link';
    setLink('eth0', off);
    observer.onKernelEvent(linkChanged);
    expect(readings).toEqual([]);
    clock.advance(100);
    expect(observer.counts.failed).toBe(2);
    kernel.broken = undefined;
    clock.advance(199);
    expect(readings).toEqual([]);
    clock.advance(1);
    expect(changesSeen()).toEqual(['shore: switched off']);
  });

  it('keeps what it knows where only a part could be read', async () => {
    await start();
    kernel.broken = 'addresses';
    setLink('eth0', { index: 70, ...off });
    observer.onKernelEvent(linkChanged);
    expect([observer.counts.failed, readings]).toEqual([1, []]);
    kernel.broken = undefined;
    nameServers.set('wwan0', ['198.51.100.53']);
    observer.onNameServers();
    expect(changesSeen()).toEqual(['lte: name servers now 198.51.100.53']);
    clock.advance(100);
    expect(changesSeen().slice(1)).toEqual(['shore: interface index changed, switched off, gateway gone']);
  });

  it('takes name servers of a lease without asking the kernel for links', async () => {
    await start();
    nameServers.set('eth0', ['192.0.2.53']);
    observer.onNameServers();
    expect(changesSeen()).toEqual(['shore: name servers now 192.0.2.53']);
    expect(kernel.asked).not.toContain('link eth0');
  });

  it('knows nothing yet of a port that was added, and forgets one that was taken out', async () => {
    await start();
    observer.observe([
      { label: 'lte', interfaceName: 'wwan0' },
      { label: 'sat', interfaceName: 'sat0' },
    ]);
    nameServers.set('wwan0', ['198.51.100.53']);
    observer.onNameServers();
    expect([...(readings.at(-1)?.observations.keys() ?? [])]).toEqual(['lte']);
    await settled();
    expect([...(readings.at(-1)?.observations.keys() ?? [])]).toEqual(['lte', 'sat']);
    expect(changesSeen()).toEqual(['lte: name servers now 198.51.100.53', 'sat: first reading']);
  });

  it('is silent after it was closed', async () => {
    await start();
    setLink('eth0', withoutCarrier);
    observer.onKernelEvent(linkChanged);
    observer.onKernelEvent(linkChanged);
    observer.close();
    forget();
    setLink('eth0', on);
    observer.onKernelEvent(linkChanged);
    observer.onEventsLost();
    observer.readEverything();
    await settled();
    expect([readings, kernel.asked]).toEqual([[], []]);
    expect(clock.pendingTimers).toBe(0);
  });
});
