import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IpMonitor } from './ip-monitor.js';
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

describe('IpMonitor', () => {
  it('keeps trying where it cannot begin, and begins when it can', async () => {
    const name = `${namespace.name}-later`;
    const heard: Heard = { lines: [], lost: 0 };
    const monitor = new IpMonitor({ namespace: name, objects: ['link'], ...listener(heard) });
    await run('ip', ['netns', 'add', name]);
    await monitor.ready;
    await run('ip', ['link', 'set', 'lo', 'up'], { namespace: name });
    await eventually('an event', () => heard.lines.some((line) => line.includes('lo')));
    await monitor.close();
    await run('ip', ['netns', 'del', name]);
  });
});
