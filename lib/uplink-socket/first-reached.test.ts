import { getEventListeners } from 'node:events';

import { describe, expect, it } from '@jest/globals';

import { whenAborted } from '../clock/index.js';
import { firstReached } from './first-reached.js';
import type { Limits } from './uplink.js';

type Behaviour = 'answers' | 'fails' | 'hangs' | 'answers when it is given up';

/** Addresses that behave, and the record of what was done with them. */
function network(behaviours: Readonly<Record<string, Behaviour>>) {
  const tried: string[] = [];
  const disposed: string[] = [];
  const reach = (address: string, { timeoutMs, signal }: Limits): Promise<string> => {
    tried.push(address);
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(new Error(`${address} given up`));
      };
      const timer = setTimeout(() => {
        reject(new Error(`${address} timed out`));
      }, timeoutMs);
      const behaviour = behaviours[address];
      if (behaviour === 'answers when it is given up') {
        whenAborted(signal, () => {
          clearTimeout(timer);
          resolve(address);
        });
        return;
      }
      whenAborted(signal, stop);
      if (behaviour === 'answers') setImmediate(resolve, address);
      if (behaviour === 'fails') setImmediate(reject, new Error(`${address} failed`));
      if (behaviour !== 'hangs') clearTimeout(timer);
    });
  };
  const run = (limits: Limits): Promise<string> =>
    firstReached(Object.keys(behaviours), limits, reach, (address) => disposed.push(address));
  return { run, tried, disposed };
}

describe('firstReached', () => {
  it.each<[Readonly<Record<string, Behaviour>>, string, readonly string[]]>([
    [{ a: 'answers' }, 'a', ['a']],
    [{ a: 'answers', b: 'answers' }, 'a', ['a']],
    [{ a: 'fails', b: 'answers' }, 'b', ['a', 'b']],
    [{ a: 'hangs', b: 'answers' }, 'b', ['a', 'b']],
    [{ a: 'fails', b: 'hangs', c: 'answers' }, 'c', ['a', 'b', 'c']],
  ])('of %j takes %s', async (behaviours, winner, order) => {
    const { run, tried } = network(behaviours);
    await expect(run({ timeoutMs: 150 })).resolves.toBe(winner);
    expect(tried).toEqual(order);
  });

  it.each<[Readonly<Record<string, Behaviour>>, string]>([
    [{ a: 'fails' }, 'a failed'],
    [{ a: 'fails', b: 'fails', c: 'fails' }, 'a failed'],
    [{ a: 'hangs', b: 'fails' }, 'a timed out'],
    [{ a: 'fails', b: 'hangs' }, 'a failed'],
    [{ a: 'fails', b: 'fails', c: 'fails', d: 'answers' }, 'a failed'],
    [{}, 'no address to try'],
  ])('of %j tells: %s', async (behaviours, message) => {
    await expect(network(behaviours).run({ timeoutMs: 100 })).rejects.toThrow(message);
  });

  it('goes on at once after a failure, and not before its turn after silence', async () => {
    let begunMs = performance.now();
    await network({ a: 'fails', b: 'answers' }).run({ timeoutMs: 10_000 });
    expect(performance.now() - begunMs).toBeLessThan(2_500);
    begunMs = performance.now();
    await network({ a: 'hangs', b: 'answers' }).run({ timeoutMs: 200 });
    expect(performance.now() - begunMs).toBeGreaterThanOrEqual(99);
  });

  it('disposes of what is reached after the winner', async () => {
    const { run, disposed } = network({ a: 'answers when it is given up', b: 'answers' });
    await expect(run({ timeoutMs: 2_000 })).resolves.toBe('b');
    await new Promise((resolve) => setImmediate(resolve));
    expect(disposed).toEqual(['a']);
  });

  it('ends at a word, and leaves no listener', async () => {
    const controller = new AbortController();
    const { run, tried } = network({ a: 'hangs', b: 'hangs' });
    const ending = run({ timeoutMs: 60_000, signal: controller.signal });
    controller.abort();
    await expect(ending).rejects.toThrow('given up');
    expect(tried).toEqual(['a']);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});
