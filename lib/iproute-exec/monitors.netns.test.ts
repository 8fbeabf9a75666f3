import { spawnSync } from 'node:child_process';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IpMonitor } from './ip-monitor.js';
import { KernelNews } from './kernel-news.js';
import { NetlinkMonitor } from './netlink-monitor.js';
import { NftMonitor } from './nft-monitor.js';
import { run } from './run.js';
import { childrenWith, childWith, eventually, makeTestNamespace, type TestNamespace } from './testing.js';

interface Heard {
  readonly lines: string[];
  lost: number;
}

interface Case {
  readonly name: string;
  readonly childText: string;
  readonly open: (heard: Heard) => { readonly ready: Promise<void>; close(): Promise<void> };
  /** Makes the kernel say something that contains this text. */
  readonly cause: (text: string) => Promise<unknown>;
}

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

const listener = (heard: Heard): { onLine: (line: string) => void; onLost: () => void } => ({
  onLine: (line) => heard.lines.push(line),
  onLost: () => (heard.lost += 1),
});

const cases: (() => Case)[] = [
  () => ({
    name: 'IpMonitor',
    childText: `-n ${namespace.name} -o monitor link address route rule`,
    open: (heard) =>
      new IpMonitor({ namespace: namespace.name, objects: ['link', 'address', 'route', 'rule'], ...listener(heard) }),
    cause: (text) => namespace.ip(`link add ${text} type bridge`),
  }),
  () => ({
    name: 'NftMonitor',
    childText: 'nft monitor',
    open: (heard) => new NftMonitor({ namespace: namespace.name, ...listener(heard) }),
    cause: (text) => run('nft', ['add', 'table', 'inet', text], { namespace: namespace.name }),
  }),
];

describe.each([
  ['IpMonitor', 0],
  ['NftMonitor', 1],
])('%s', (_, index) => {
  it('hears all that happens once it is ready; is started again when it is killed, and says so; ends on close', async () => {
    const { childText, open, cause } = (cases[index] ?? cases[0])?.() ?? {
      childText: '',
      open: undefined,
      cause: undefined,
    };
    if (open === undefined) throw new Error('no such case');
    const heard: Heard = { lines: [], lost: 0 };
    const monitor = open(heard);
    await monitor.ready;
    await cause('first');
    await eventually('the first event', () => heard.lines.some((line) => line.includes('first')));
    expect(heard.lost).toBe(0);

    const pid = await childWith(childText);
    process.kill(pid, 'SIGKILL');
    await eventually('a new child', () => heard.lost === 1);
    await cause('second');
    await eventually('an event after that', () => heard.lines.some((line) => line.includes('second')));
    expect(await childWith(childText)).not.toBe(pid);

    await monitor.close();
    expect(await childrenWith(childText)).toEqual([]);
    const count = heard.lines.length;
    await cause('third');
    expect([heard.lines.length, heard.lost]).toEqual([count, 1]);
  });
});

// A NetlinkMonitor is an IpMonitor then.
describe.each([
  ['IpMonitor', IpMonitor],
  ['NetlinkMonitor', NetlinkMonitor],
])('%s in a namespace that is not there yet', (kind, Kind) => {
  it('keeps trying where it cannot begin, and begins when it can', async () => {
    const name = `${namespace.name}-${kind}`;
    const heard: Heard = { lines: [], lost: 0 };
    const monitor = new Kind({ namespace: name, objects: ['link'], ...listener(heard) });
    await run('ip', ['netns', 'add', name]);
    await monitor.ready;
    await run('ip', ['link', 'set', 'lo', 'up'], { namespace: name });
    await eventually('an event', () => heard.lines.some((line) => line.includes('lo')));
    await monitor.close();
    await run('ip', ['netns', 'del', name]);
  });
});

describe('NetlinkMonitor', () => {
  it('hears all that happens once it is ready, in the words of ip, without a process; nothing after its close', async () => {
    const { name } = namespace;
    const heard: Heard = { lines: [], lost: 0 };
    const monitor = new NetlinkMonitor({
      namespace: name,
      objects: ['link', 'address', 'route'],
      ...listener(heard),
    });
    await monitor.ready;
    await namespace.addVeth('eth7', 'isp7');
    await namespace.ip('link set eth7 up');
    await namespace.ip('link set isp7 up');
    await namespace.ip('addr add 192.0.2.7/24 dev eth7');
    await namespace.ip('route add default via 192.0.2.1 dev eth7 table 7');
    await namespace.ip('route del default via 192.0.2.1 dev eth7 table 7');
    await namespace.ip('addr del 192.0.2.7/24 dev eth7');
    await namespace.ip('link set eth7 name wan7');
    await namespace.ip('link del wan7');
    await eventually('the last event', () => heard.lines.some((line) => /^Deleted \d+: wan7: </.test(line)));
    for (const wanted of [
      /^\d+: eth7: </,
      /^\d+: eth7    inet /,
      /^default table 7 /,
      /^Deleted default table 7 /,
      /^Deleted \d+: eth7    inet /,
      /^\d+: wan7: </,
    ]) {
      expect(heard.lines).toContainEqual(expect.stringMatching(wanted));
    }
    expect(await childrenWith(`-n ${name} -o monitor`)).toEqual([]);
    await monitor.close();
    const count = heard.lines.length;
    await namespace.ip('link add br8 type bridge');
    expect([heard.lines.length, heard.lost]).toEqual([count, 0]);
  });

  it('says so where more happened than had room, and goes on', async () => {
    const { name } = namespace;
    const heard: Heard = { lines: [], lost: 0 };
    const monitor = new NetlinkMonitor({ namespace: name, objects: ['link'], ...listener(heard) });
    await monitor.ready;
    const changes = Array.from({ length: 20_000 }, (_, index) => `link set lo mtu ${60_000 + (index % 1_000)}`);
    // This process reads nothing while it waits for the end of that one.
    const { status } = spawnSync('ip', ['-n', name, '-batch', '-'], { input: changes.join('\n') });
    expect(status).toBe(0);
    await eventually('word of the loss', () => heard.lost > 0);
    expect(heard.lines.length).toBeLessThan(changes.length);
    heard.lines.length = 0;
    await namespace.ip('link set lo mtu 1400');
    await eventually('an event after that', () => heard.lines.length > 0);
    await monitor.close();
  });
});

describe('KernelNews', () => {
  it('tells whether anything has changed since it was asked last, however much it was', async () => {
    const { name } = namespace;
    await namespace.ip('link add br9 type bridge');
    const news = new KernelNews({ objects: ['link', 'address', 'route', 'rule'], namespace: name });
    expect(news.hasChanged()).toBe(false);
    for (const change of [
      'link set br9 up',
      'addr add 192.0.2.9/24 dev br9',
      'route add 198.51.100.0/24 dev br9 table 9',
      'rule add pref 9 lookup 9',
    ]) {
      await namespace.ip(change);
      await eventually(change, () => news.hasChanged());
    }
    for (let mtu = 1_000; mtu < 1_020; mtu += 1) await namespace.ip(`link set br9 mtu ${mtu}`);
    expect([news.hasChanged(), news.hasChanged()]).toEqual([true, false]);
    news.close();
  });
});
