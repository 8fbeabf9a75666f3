import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { EgressFilter } from '../egress-filter/index.js';
import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { isAlreadySo, type KernelChange } from './changes.js';
import { Rtnetlink } from './rtnetlink.js';

const PREFERENCE = 22_900;
const PRIVATE = '10.77.0.1';

let namespace: TestNamespace;
let rtnetlink: Rtnetlink;

beforeEach(async () => {
  namespace = await makeTestNamespace();
  await namespace.addVeth('eth0', 'isp0');
  for (const line of [
    ...(['link set lo up', 'link set eth0 up', 'link set isp0 up', 'addr add 192.0.2.2/24 dev eth0'] as const),
    `addr add ${PRIVATE}/32 dev lo`,
    'neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev eth0',
  ]) {
    await namespace.ip(line);
  }
  rtnetlink = new Rtnetlink(namespace.name);
});

afterEach(async () => {
  await namespace.remove();
});

const filter = (handle: number, ...refusedSources: EgressFilter['refusedSources']): EgressFilter => ({
  ...{ dev: 'eth0', preference: PREFERENCE, handle },
  refusedSources,
});
const OF_PRIVATE = filter(1, { first: '10.77.0.0', last: '10.77.0.255' });

/** Makes the changes; answers what was refused, but for what was so before. */
function make(...changes: readonly KernelChange[]): readonly string[] {
  return rtnetlink.apply(changes).flatMap((error, index) => {
    const change = changes[index];
    return error === undefined || (change !== undefined && isAlreadySo(change, error)) ? [] : [error.message];
  });
}

/** How many of three packets from there leave. */
async function leaving(source: string): Promise<number> {
  const arrived = async (): Promise<number> => {
    const { stdout } = await run('nft', ['list', 'table', 'netdev', 'seen'], { namespace: namespace.name });
    return Number(/packets (\d+)/.exec(stdout)?.[1]);
  };
  await run('nft', ['-f', '-'], {
    namespace: namespace.name,
    input: `add table netdev seen\ndelete table netdev seen\ntable netdev seen {
      chain in { type filter hook ingress device isp0 priority 0; ip saddr ${source} icmp type echo-request counter; }
    }\n`,
  });
  await run('busybox', ['ping', '-c', '3', '-i', '0.01', '-W', '1', '-w', '1', '-I', source, '192.0.2.9'], {
    ...{ namespace: namespace.name, allowFailure: true },
  });
  return arrived();
}

describe('a filter of what leaves, in the kernel', () => {
  it('drops what comes from its addresses and nothing else, beside the filters of others', async () => {
    expect(await leaving(PRIVATE)).toBeGreaterThan(0);
    const add = { kind: 'clsact-add', dev: 'eth0' } as const;
    expect(make(add, { kind: 'egress-filter-replace', filter: OF_PRIVATE })).toEqual([]);
    expect(await leaving(PRIVATE)).toBe(0);
    expect(await leaving('192.0.2.2')).toBeGreaterThan(0);
    // In place of the one before, with many ranges more.
    const many = Array.from({ length: 63 }, (_, index) => ({ first: `10.80.${index}.0`, last: `10.80.${index}.9` }));
    const larger = filter(1, ...OF_PRIVATE.refusedSources, ...many);
    const second = filter(2, { first: '192.0.2.2', last: '192.0.2.2' });
    expect(make(add, { kind: 'egress-filter-replace', filter: larger })).toEqual([]);
    expect(make(add, { kind: 'egress-filter-replace', filter: second })).toEqual([]);
    expect(rtnetlink.egressFilters(PREFERENCE)).toEqual(expect.arrayContaining([larger, second]));
    expect(rtnetlink.egressFilters(PREFERENCE)).toHaveLength(2);
    expect(await leaving(PRIVATE)).toBe(0);
    expect(await leaving('192.0.2.2')).toBe(0);
    const u32 = 'filter add dev eth0 egress pref 5 protocol ip u32 match ip dst 203.0.113.0/24 classid 1:1';
    await run('tc', u32.split(' '), { namespace: namespace.name });
    for (const each of [larger, second]) expect(make({ kind: 'egress-filter-delete', filter: each })).toEqual([]);
    expect(rtnetlink.egressFilters(PREFERENCE)).toEqual([]);
    expect(await leaving(PRIVATE)).toBeGreaterThan(0);
    expect(rtnetlink.hasFilters('eth0')).toBe(true);
    await run('tc', 'filter del dev eth0 egress'.split(' '), { namespace: namespace.name });
    expect(rtnetlink.hasFilters('eth0')).toBe(false);
    expect(make({ kind: 'clsact-delete', dev: 'eth0' })).toEqual([]);
  });

  it('is gone already where somebody took away what it lived in, or the interface', async () => {
    make({ kind: 'clsact-add', dev: 'eth0' }, { kind: 'egress-filter-replace', filter: OF_PRIVATE });
    await run('tc', 'qdisc del dev eth0 clsact'.split(' '), { namespace: namespace.name });
    expect(rtnetlink.egressFilters(PREFERENCE)).toEqual([]);
    const away = [
      { kind: 'egress-filter-delete', filter: OF_PRIVATE },
      { kind: 'clsact-delete', dev: 'eth0' },
    ] as const;
    expect(make(...away)).toEqual([]);
    await namespace.ip('link del eth0');
    expect(make(...away)).toEqual([]);
    expect(make({ kind: 'egress-filter-replace', filter: OF_PRIVATE })).toHaveLength(1);
    expect(rtnetlink.hasFilters('eth0')).toBe(false);
  });
});
