import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { flushSets, readCountedElements, readSetCounters } from './set-element.js';
import { readNftNames } from './nft-table.js';

let namespace: TestNamespace;

const nft = (script: string) => run('nft', ['-f', '-'], { namespace: namespace.name, input: script });
const counters = (set: string, table = 't') =>
  readSetCounters({ family: 'inet', table, set, namespace: namespace.name });

beforeAll(async () => {
  namespace = await makeTestNamespace();
  await nft(`table inet t {
    set seen { type ifname; counter; elements = { "lo", "wwan0", "averylongname15" } }
    set limited { type ifname; counter; limit rate 10/second; elements = { "lo" } }
    set plain { type ifname; elements = { "lo" } }
    set empty { type ifname; counter; }
    chain out { type filter hook output priority 0; oifname @seen; }
  }
`);
});

afterAll(async () => {
  await namespace.remove();
});

describe('readSetCounters', () => {
  it('tells what each element has counted', async () => {
    expect(counters('seen')).toEqual(
      new Map(['lo', 'wwan0', 'averylongname15'].map((name) => [name, { packets: 0, bytes: 0 }])),
    );
    await run('busybox', ['ping', '-c', '2', '-i', '0.01', '127.0.0.1'], { namespace: namespace.name });
    // Two requests and two answers of 84 bytes.
    expect(counters('seen')?.get('lo')).toEqual({ packets: 4, bytes: 4 * 84 });
    expect(counters('seen')?.get('wwan0')).toEqual({ packets: 0, bytes: 0 });
  });

  it('finds the counter beside other expressions, and none where nothing counts', () => {
    expect(counters('limited')).toEqual(new Map([['lo', { packets: 0, bytes: 0 }]]));
    expect(counters('plain')).toEqual(new Map());
    expect(counters('empty')).toEqual(new Map());
  });

  it('is undefined where there is no such table or set, and an error where there is no such namespace', () => {
    expect(counters('missing')).toBeUndefined();
    expect(counters('seen', 'missing')).toBeUndefined();
    expect(() => readSetCounters({ family: 'inet', table: 't', set: 'seen', namespace: 'evi-missing' })).toThrow(
      'Cannot open network namespace "evi-missing"',
    );
    expect(counters('seen', 't; drop')).toBeUndefined();
  });

  it('reads many elements, which take more than one message', async () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `port${index}`);
    await nft(`add set inet t many { type ifname; counter; }\nadd element inet t many { ${names.join(', ')} }\n`);
    expect([...(counters('many')?.keys() ?? [])].sort()).toEqual([...names].sort());
  });

  it('leaves this process in its own namespace', async () => {
    counters('seen');
    expect(() => readSetCounters({ family: 'inet', table: 't', set: 'seen', namespace: 'evi-missing' })).toThrow();
    const { stdout } = await run('nft', ['list', 'tables']);
    expect(readSetCounters({ family: 'inet', table: 't', set: 'seen' }) === undefined).toBe(
      !stdout.includes('table inet t\n'),
    );
  });
});

describe('readCountedElements', () => {
  it('tells what packets have put into a set, by its whole key', async () => {
    await nft(`table inet u {
      set denied { type ifname . ipv4_addr . mark; size 16; flags dynamic, timeout; timeout 1h; counter; }
      chain out { type filter hook output priority 0; oifname "lo" update @denied { oifname . ip daddr . meta mark }; }
    }
`);
    await run('busybox', ['ping', '-c', '1', '127.0.0.1'], { namespace: namespace.name });
    const place = { family: 'inet', table: 'u', namespace: namespace.name } as const;
    const key = ['ifname', 'ipv4_addr', 'mark'] as const;
    expect(readCountedElements({ ...place, set: 'denied', key })).toEqual([
      { key: ['lo', '127.0.0.1', 0], packets: 2, bytes: 2 * 84 },
    ]);
    expect(readCountedElements({ ...place, set: 'missing', key })).toBeUndefined();
    flushSets([{ ...place, set: 'denied' }], place);
    expect(readCountedElements({ ...place, set: 'denied', key })).toEqual([]);
  });
});

describe('flushSets', () => {
  it('empties all of them, or none', async () => {
    await nft(`table inet v {
      set one { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 } }
      set two { type ipv4_addr; elements = { 192.0.2.1 } }
    }
`);
    const at = (set: string) => ({ family: 'inet', table: 'v', set }) as const;
    const { name } = namespace;
    const listed = async (): Promise<string> =>
      (await run('nft', ['list', 'table', 'inet', 'v'], { namespace: name })).stdout;
    flushSets([], { namespace: name });
    expect(() => {
      flushSets([at('one'), at('missing')], { namespace: name });
    }).toThrow(/flush set missing/);
    expect(await listed()).toContain('192.0.2.2');
    flushSets([at('one'), at('two')], { namespace: name });
    expect(await listed()).not.toContain('192.0.2');
  });
});

describe('readNftNames', () => {
  it('names chains and sets, but for those that are written in rules', async () => {
    await nft(`table inet w {
      set one { type ipv4_addr; }
      map two { type ipv4_addr : mark; }
      chain first { ip daddr { 192.0.2.1, 192.0.2.2 } accept; }
      chain second { jump first; }
    }
`);
    const names = readNftNames({ family: 'inet', table: 'w', namespace: namespace.name });
    expect({ chains: [...names.chains].sort(), sets: [...names.sets].sort() }).toEqual({
      chains: ['first', 'second'],
      sets: ['one', 'two'],
    });
    expect(readNftNames({ family: 'inet', table: 'missing', namespace: namespace.name })).toEqual({
      chains: [],
      sets: [],
    });
  });
});
