import { spawnSync } from 'node:child_process';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually } from '../clock/testing/eventually.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { KernelDirty } from './kernel-dirty.js';
import { KernelEvents, type KernelEvent } from './kernel-events.js';
import { Rtnetlink } from './rtnetlink.js';

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

class Listener {
  readonly heard: KernelEvent[] = [];
  lost = 0;
  readonly events: KernelEvents;

  constructor(objects: ConstructorParameters<typeof KernelEvents>[0]['objects']) {
    this.events = new KernelEvents({
      namespace: namespace.name,
      objects,
      onEvent: (event) => this.heard.push(event),
      onLost: () => (this.lost += 1),
    });
  }
}

describe('KernelEvents', () => {
  it('hears all that happens from the beginning; nothing after its end', async () => {
    const listener = new Listener(['link', 'address', 'route']);
    await namespace.addVeth('eth7', 'isp7');
    await namespace.ip('link set eth7 up');
    await namespace.ip('link set isp7 up');
    await namespace.ip('addr add 192.0.2.7/24 dev eth7');
    await namespace.ip('route add default via 192.0.2.1 dev eth7 table 7');
    await namespace.ip('route add 198.51.100.0/24 via 192.0.2.1 dev eth7 table 70000');
    await namespace.ip('route del default via 192.0.2.1 dev eth7 table 7');
    await namespace.ip('addr del 192.0.2.7/24 dev eth7');
    const index = new Rtnetlink(namespace.name).link('eth7')?.index;
    await namespace.ip('link set eth7 down');
    await namespace.ip('link set eth7 name wan7');
    await namespace.ip('link del wan7');
    const gone = { kind: 'link', index, name: 'wan7', isGone: true };
    await eventually(() => listener.heard.some((event) => event.kind === 'link' && event.isGone));
    const ofRoute = { kind: 'route', family: 'inet', linkIndex: index };
    for (const wanted of [
      { kind: 'link', index, name: 'eth7', isGone: false },
      { kind: 'address', linkIndex: index, family: 'inet', isGone: false },
      { ...ofRoute, table: 7, protocol: 3, isGone: false },
      { ...ofRoute, table: 70_000, protocol: 3, isGone: false },
      { ...ofRoute, table: 7, protocol: 3, isGone: true },
      { kind: 'address', linkIndex: index, family: 'inet', isGone: true },
      { kind: 'link', index, name: 'wan7', isGone: false },
      gone,
    ]) {
      expect(listener.heard).toContainEqual(wanted);
    }
    await listener.events.close();
    const count = listener.heard.length;
    await namespace.ip('link add br8 type bridge');
    expect([listener.heard.length, listener.lost]).toEqual([count, 0]);
  });

  it('hears of what it was asked for alone', async () => {
    const listener = new Listener(['address']);
    await namespace.ip('link add br10 type bridge');
    await namespace.ip('route add unreachable 198.51.100.0/24 table 10');
    await namespace.ip('addr add 192.0.2.10/24 dev br10');
    await eventually(() => listener.heard.length > 0);
    expect(listener.heard.map(({ kind }) => kind)).toEqual(['address']);
    await listener.events.close();
  });

  it('does not take the use of a port by a bridge for a link that goes', async () => {
    await namespace.ip('link add br11 type bridge');
    await namespace.addVeth('eth11', 'isp11');
    const listener = new Listener(['link']);
    await namespace.ip('link set eth11 master br11');
    await namespace.ip('link set eth11 nomaster');
    await namespace.ip('link set eth11 mtu 1400');
    const { index } = new Rtnetlink(namespace.name).link('eth11') ?? {};
    await namespace.ip('link del br11');
    await eventually(() =>
      listener.heard.some((event) => event.kind === 'link' && event.name === 'br11' && event.isGone),
    );
    expect(listener.heard).not.toContainEqual(expect.objectContaining({ index, isGone: true }));
    await listener.events.close();
  });

  it('says so where more happened than had room, and goes on', async () => {
    const listener = new Listener(['link']);
    const changes = Array.from({ length: 20_000 }, (_, index) => `link set lo mtu ${60_000 + (index % 1_000)}`);
    // This process reads nothing while it waits for the end of that one.
    const { status } = spawnSync('ip', ['-n', namespace.name, '-batch', '-'], { input: changes.join('\n') });
    expect(status).toBe(0);
    await eventually(() => listener.lost > 0);
    expect(listener.heard.length).toBeLessThan(changes.length);
    listener.heard.length = 0;
    await namespace.ip('link set lo mtu 1400');
    await eventually(() => listener.heard.length > 0);
    await listener.events.close();
  });

  it('is refused where the namespace is not there', () => {
    const open = (): KernelEvents =>
      new KernelEvents({ namespace: 'evi-missing', objects: ['link'], onEvent: () => 0, onLost: () => 0 });
    expect(open).toThrow(
      expect.objectContaining({ name: 'NetlinkError', message: expect.stringContaining('Cannot open') }),
    );
  });
});

describe('KernelDirty', () => {
  it('tells whether anything has changed since it was asked last, however much it was', async () => {
    await namespace.ip('link add br9 type bridge');
    const dirty = new KernelDirty({ objects: ['link', 'address', 'route', 'rule'], namespace: namespace.name });
    expect(dirty.hasChanged()).toBe(false);
    for (const change of [
      'link set br9 up',
      'addr add 192.0.2.9/24 dev br9',
      'route add 198.51.100.0/24 dev br9 table 9',
      'rule add pref 9 lookup 9',
    ]) {
      await namespace.ip(change);
      await eventually(() => dirty.hasChanged());
    }
    for (let mtu = 1_000; mtu < 1_020; mtu += 1) await namespace.ip(`link set br9 mtu ${mtu}`);
    expect([dirty.hasChanged(), dirty.hasChanged()]).toEqual([true, false]);
    dirty.close();
  });

  it('is refused where the namespace is not there', () => {
    expect(() => new KernelDirty({ objects: ['link'], namespace: 'evi-missing' })).toThrow(
      expect.objectContaining({ name: 'NetlinkError' }),
    );
  });
});
