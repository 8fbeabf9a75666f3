import { beforeEach, describe, expect, it } from '@jest/globals';
import type { IpAnswer } from 'iproute-exec';

import { VirtualClock } from '../../../lib/clock/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { PortObserver, type Reading } from './port-observer.js';

interface FakeInterface {
  readonly index: number;
  readonly flags: readonly string[];
  readonly addresses: readonly string[];
  readonly gateway?: string;
}

const up = ['BROADCAST', 'UP', 'LOWER_UP'];

/** A kernel with interfaces, read through an ip that remembers indexes as the real one does. */
class FakeKernel {
  readonly interfaces = new Map<string, FakeInterface>();
  readonly asked: string[] = [];
  /** Set: answers wait until released. */
  held: (() => void)[] | undefined;
  /** Only queries of this object are held. */
  heldObject: string | undefined;
  broken = false;
  #remembered = new Map<string, number>();

  async query(commands: readonly (readonly string[])[]): Promise<readonly IpAnswer[]> {
    this.asked.push(...commands.map((command) => command.join(' ')));
    const isHeld = this.heldObject === undefined || commands.some(([object]) => object === this.heldObject);
    if (this.held !== undefined && isHeld) await new Promise<void>((resolve) => this.held?.push(resolve));
    if (this.broken) throw new Error('ip is broken');
    return commands.map((command) => this.#answer(command));
  }

  forgetInterfaces(): void {
    this.asked.push('forget');
    this.#remembered = new Map();
  }

  release(): void {
    const waiting = this.held ?? [];
    this.held = undefined;
    for (const go of waiting) go();
  }

  #answer([object, , , name = '']: readonly string[]): IpAnswer {
    if (object === 'route') {
      return [...this.interfaces].flatMap(([dev, { gateway }]) =>
        gateway === undefined ? [] : [{ type: '1', dst: 'default', gateway, dev, table: '254' }],
      );
    }
    const index = this.#remembered.get(name) ?? this.interfaces.get(name)?.index;
    const found = [...this.interfaces].find(([, one]) => one.index === index);
    if (index === undefined || found === undefined) return undefined;
    this.#remembered.set(name, index);
    const [ifname, { flags, addresses }] = found;
    const link = { ifindex: index, ifname, flags, address: '02:00:00:00:00:01', mtu: 1500, operstate: 'UP' };
    if (object === 'link') return [link];
    return [{ ...link, addr_info: addresses.map((local) => ({ family: 'inet', local, prefixlen: 24, scope: '0' })) }];
  }
}

let kernel: FakeKernel;
let clock: VirtualClock;
let observer: PortObserver;
let readings: Reading[];
let told: Promise<void>;
let nameServers: Map<string, readonly string[]>;

beforeEach(() => {
  kernel = new FakeKernel();
  kernel.interfaces.set('eth0', { index: 7, flags: up, addresses: ['192.0.2.7'], gateway: '192.0.2.1' });
  kernel.interfaces.set('wwan0', { index: 8, flags: up, addresses: ['198.51.100.8'], gateway: '198.51.100.1' });
  clock = new VirtualClock();
  readings = [];
  told = Promise.resolve();
  nameServers = new Map();
  observer = new PortObserver({
    reader: kernel,
    nameServers: {
      of: (name) => nameServers.get(name) ?? [],
      follow: () => undefined,
      refresh: () => Promise.resolve(),
    },
    clock,
    logger: createLogger({ service: 'test', level: 'silent' }),
    onReading: (reading) => {
      readings.push(reading);
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
  readings.length = 0;
  kernel.asked.length = 0;
}

function changesSeen(): readonly string[] {
  return readings.flatMap(({ changed }) => changed.map(({ label, changes }) => `${label}: ${changes.join(', ')}`));
}

function set(name: string, changes: Partial<FakeInterface>): void {
  const before = kernel.interfaces.get(name) ?? { index: 9, flags: up, addresses: [] };
  kernel.interfaces.set(name, { ...before, ...changes });
}

const carrierLost = '7: eth0: <NO-CARRIER,BROADCAST,UP> mtu 1500';

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
      addresses: [{ address: '192.0.2.7', prefixLength: 24 }],
      gateways: ['192.0.2.1'],
      dnsServers: [],
    });
    expect(readings[0]?.observations.get('sat')?.observation).toEqual({ kind: 'missing' });
  });

  it('asks for the link alone where the carrier changed, and tells the loss before it reads routes', async () => {
    await start();
    set('eth0', { flags: ['BROADCAST', 'UP', 'NO-CARRIER'] });
    observer.onMonitorLine(carrierLost);
    await settled();
    expect(kernel.asked).toEqual(['link show dev eth0', 'route show table all default']);
    expect(changesSeen()).toEqual(['shore: carrier lost']);
    expect(readings).toHaveLength(1);
  });

  it('reads no routes before a loss has been told', async () => {
    await start();
    set('eth0', { flags: ['BROADCAST', 'UP'] });
    let tell: () => void = () => undefined;
    told = new Promise((resolve) => {
      tell = resolve;
    });
    observer.onMonitorLine(carrierLost);
    await settled();
    expect([changesSeen(), kernel.asked]).toEqual([['shore: carrier lost'], ['link show dev eth0']]);
    tell();
    await settled();
    expect(kernel.asked).toEqual(['link show dev eth0', 'route show table all default']);
  });

  it('does not wait for the routes to tell a loss, but to tell a port that came', async () => {
    await start();
    set('eth0', { flags: ['BROADCAST', 'UP'] });
    kernel.heldObject = 'route';
    kernel.held = [];
    observer.onMonitorLine(carrierLost);
    await settled();
    expect(changesSeen()).toEqual(['shore: carrier lost']);
    kernel.release();
    await settled();
    readings.length = 0;
    set('eth0', { flags: up });
    kernel.held = [];
    observer.onMonitorLine('7: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500');
    await settled();
    expect(changesSeen()).toEqual([]);
    kernel.release();
    await settled();
    expect(changesSeen()).toEqual(['shore: carrier back']);
  });

  it('takes a carrier for back when the kernel sends over it, and not before', async () => {
    await start();
    set('eth0', { flags: ['BROADCAST', 'UP', 'NO-CARRIER'] });
    observer.onMonitorLine(carrierLost);
    await settled();
    readings.length = 0;
    const upButUnused = ['BROADCAST', 'UP', 'LOWER_UP', 'NO-CARRIER'];
    set('eth0', { flags: upButUnused });
    observer.onMonitorLine('7: eth0: <NO-CARRIER,BROADCAST,UP,LOWER_UP> mtu 1500');
    await settled();
    expect(changesSeen()).toEqual([]);
    set('eth0', { flags: up });
    observer.onMonitorLine('7: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500');
    await settled();
    expect(changesSeen()).toEqual(['shore: carrier back']);
  });

  it('counts a reading that finds nothing new, and changes nothing', async () => {
    await start();
    const { equal } = observer.counts;
    observer.onMonitorLine('7: eth0: <BROADCAST,UP,LOWER_UP> mtu 1400');
    await settled();
    expect(observer.counts.equal).toBe(equal + 1);
    expect(changesSeen()).toEqual([]);
  });

  it('has one reading under way and one waiting, however many events come', async () => {
    await start();
    kernel.held = [];
    for (let event = 0; event < 50; event += 1) observer.onMonitorLine(carrierLost);
    await settled();
    expect(kernel.asked).toEqual(['link show dev eth0']);
    set('eth0', { flags: ['BROADCAST', 'UP'] });
    kernel.release();
    await settled();
    expect(kernel.asked.filter((query) => query === 'link show dev eth0')).toHaveLength(2);
    expect(changesSeen()).toEqual(['shore: carrier lost']);
  });

  it('needs no timer between event and reading', async () => {
    await start();
    const { pendingTimers } = clock;
    set('eth0', { addresses: [] });
    observer.onMonitorLine('Deleted 7: eth0    inet 192.0.2.7/24 scope global eth0');
    await settled();
    expect(changesSeen()).toEqual(['shore: address 192.0.2.7/24 gone']);
    expect(clock.pendingTimers).toBe(pendingTimers);
  });

  it('reads everything twice a minute, and finds what no event told', async () => {
    await start();
    set('wwan0', { addresses: ['198.51.100.9'] });
    clock.advance(30_000);
    await settled();
    expect(changesSeen()).toEqual(['lte: address 198.51.100.8/24 gone, address 198.51.100.9/24 added']);
    clock.advance(30_000);
    await settled();
    expect(readings.at(-1)?.changed).toEqual([]);
  });

  it('sees an interface that was replaced, though ip remembers the old index', async () => {
    await start();
    set('eth0', { index: 70 });
    observer.onMonitorLine('7: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500');
    await settled();
    expect(kernel.asked.slice(0, 2)).toEqual(['link show dev eth0', 'forget']);
    expect(readings.at(-1)?.observations.get('shore')?.observation).toMatchObject({
      index: 70,
      addresses: [{ address: '192.0.2.7' }],
    });
    expect(changesSeen().join()).toContain('shore: interface index changed');
  });

  it('does not take a renamed interface for the port', async () => {
    await start();
    const eth0 = kernel.interfaces.get('eth0');
    if (eth0 === undefined) throw new Error('it is there');
    kernel.interfaces.delete('eth0');
    kernel.interfaces.set('lan0', eth0);
    observer.onMonitorLine('7: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500');
    await settled();
    expect(readings.at(-1)?.observations.get('shore')?.observation).toEqual({ kind: 'missing' });
    kernel.interfaces.delete('lan0');
    kernel.interfaces.set('eth0', eth0);
    observer.onMonitorLine('7: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500');
    await settled();
    expect(readings.at(-1)?.observations.get('shore')?.observation).toMatchObject({
      index: 7,
      addresses: [{ address: '192.0.2.7' }],
    });
  });

  it('keeps what it knows while ip is broken, and reads on when it works again', async () => {
    await start();
    kernel.broken = true;
    set('eth0', { flags: ['BROADCAST'] });
    observer.onMonitorLine(carrierLost);
    await settled();
    expect(readings).toEqual([]);
    clock.advance(100);
    await settled();
    expect(observer.counts.failed).toBe(2);
    kernel.broken = false;
    clock.advance(200);
    await settled();
    expect(changesSeen()).toEqual(['shore: switched off']);
  });

  it('takes name servers of a lease without asking the kernel', async () => {
    await start();
    nameServers.set('eth0', ['192.0.2.53']);
    observer.onNameServers();
    await settled();
    expect(changesSeen()).toEqual(['shore: name servers now 192.0.2.53']);
    expect(kernel.asked).not.toContain('link show dev eth0');
  });

  it('knows nothing yet of a port that was added, and forgets one that was taken out', async () => {
    await start();
    kernel.held = [];
    observer.observe([
      { label: 'lte', interfaceName: 'wwan0' },
      { label: 'sat', interfaceName: 'sat0' },
    ]);
    nameServers.set('wwan0', ['198.51.100.53']);
    await settled();
    kernel.release();
    await settled();
    expect([...(readings.at(-1)?.observations.keys() ?? [])]).toEqual(['lte', 'sat']);
    expect(changesSeen()).toEqual(['lte: name servers now 198.51.100.53', 'sat: first reading']);
  });

  it('is silent after it was closed', async () => {
    await start();
    observer.onMonitorLine(carrierLost);
    observer.close();
    await settled();
    expect(readings).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
