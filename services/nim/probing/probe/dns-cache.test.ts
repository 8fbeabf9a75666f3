import { describe, expect, it } from '@jest/globals';

import { DnsError, type ResolveOptions, type Uplink } from '../../../../lib/uplink-socket/index.js';
import { VirtualClock } from '../../../../lib/clock/index.js';
import { DnsCache } from './index.js';

const options: ResolveOptions = { hostName: 'ship.example', servers: ['192.0.2.53'], families: [4], timeoutMs: 1_000 };
const eth0: Uplink = { interfaceName: 'eth0' };

function cacheOf(answer: () => { ttlMs: number } | DnsError) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const cache = new DnsCache(clock, ({ interfaceName }, { hostName, servers }) => {
    asked.push(`${interfaceName} ${hostName} ${servers.join()}`);
    const what = answer();
    if (what instanceof DnsError) return Promise.reject(what);
    const traffic = { bytesSent: 60, bytesReceived: 90, packetsSent: 1, packetsReceived: 1 };
    return Promise.resolve({ addresses: [`192.0.2.${asked.length}`], ttlMs: what.ttlMs, traffic });
  });
  return { clock, cache, asked };
}

describe('DnsCache', () => {
  it.each([
    [30_000, 30_000],
    [0, 5_000],
    [86_400_000, 3_600_000],
  ])('keeps an answer with a TTL of %d ms for %d ms', async (ttlMs, keptMs) => {
    const { clock, cache, asked } = cacheOf(() => ({ ttlMs }));
    expect(await cache.resolve(eth0, options)).toMatchObject({ addresses: ['192.0.2.1'], traffic: { bytesSent: 60 } });
    clock.advance(keptMs - 1);
    expect(await cache.resolve(eth0, options)).toEqual({ addresses: ['192.0.2.1'] });
    clock.advance(1);
    expect(await cache.resolve(eth0, options)).toMatchObject({ addresses: ['192.0.2.2'] });
    expect(asked).toHaveLength(2);
  });

  it.each<[string, Uplink, Partial<ResolveOptions>]>([
    ['ports', { interfaceName: 'wwan0' }, {}],
    ['namespaces', { interfaceName: 'eth0', namespace: 'other' }, {}],
    ['names', eth0, { hostName: 'other.example' }],
    ['name servers', eth0, { servers: ['192.0.2.54'] }],
    ['families', eth0, { families: [6] }],
  ])('tells %s apart', async (_what, uplink, more) => {
    const { cache, asked } = cacheOf(() => ({ ttlMs: 60_000 }));
    await cache.resolve(eth0, options);
    await cache.resolve(uplink, { ...options, ...more });
    await cache.resolve(eth0, { ...options, hostName: 'SHIP.example' });
    expect(asked).toHaveLength(2);
  });

  it('keeps no failure', async () => {
    let failing = true;
    const { cache } = cacheOf(() => (failing ? new DnsError('no-such-name', 'x') : { ttlMs: 1 }));
    await expect(cache.resolve(eth0, options)).rejects.toThrow(DnsError);
    failing = false;
    expect(await cache.resolve(eth0, options)).toMatchObject({ addresses: ['192.0.2.2'] });
  });

  it('forgets a port when told', async () => {
    const { cache, asked } = cacheOf(() => ({ ttlMs: 60_000 }));
    await cache.resolve(eth0, options);
    await cache.resolve({ interfaceName: 'wwan0' }, options);
    cache.forget('eth0');
    await cache.resolve({ interfaceName: 'wwan0' }, options);
    await cache.resolve(eth0, options);
    expect(asked).toEqual(['eth0', 'wwan0', 'eth0'].map((port) => `${port} ship.example 192.0.2.53`));
  });

  it('does not grow without end', async () => {
    const { cache } = cacheOf(() => ({ ttlMs: 60_000 }));
    for (let index = 0; index < 1_500; index += 1)
      await cache.resolve(eth0, { ...options, hostName: `h${index}.example` });
    expect(cache.size).toBe(1_000);
  });
});
