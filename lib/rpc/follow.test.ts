import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { WatchConfigResponse } from '../../gen/zedagent/v1/device_config.js';
import { follow, serverStreaming } from './index.js';
import { responseOf, silentLogger, silentStream, TestBench } from './testing/test-bench.js';

let bench: TestBench;

beforeEach(async () => {
  bench = await TestBench.make();
});

afterEach(async () => {
  await bench.clear();
});

describe('follow', () => {
  it('opens the stream again when the server is back, and tells the states', async () => {
    const first = await bench.serve(silentStream);
    const states: string[] = [];
    const controller = new AbortController();
    let messages = 0;
    let onMessage: () => void = () => undefined;
    const nextMessage = (): Promise<void> => new Promise((resolve) => (onMessage = resolve));
    const connected = bench.client();
    const arrived = nextMessage();
    const following = follow({
      open: () => connected.watchConfig({ knownVersion: 0n }),
      onMessage: () => {
        messages += 1;
        onMessage();
      },
      onState: (state) => states.push(state),
      signal: controller.signal,
      logger: silentLogger,
    });
    await arrived;
    const arrivedAgain = nextMessage();
    await first.close();
    await bench.serve(silentStream);
    await arrivedAgain;
    controller.abort();
    await following;
    expect(messages).toBe(2);
    expect(states).toEqual(['connected', 'disconnected', 'connected']);
  });

  it('ends at once when aborted while it waits for a server', async () => {
    const controller = new AbortController();
    const connected = bench.client();
    let told: (why: string) => void = () => undefined;
    const disconnected = new Promise<string>((resolve) => (told = resolve));
    const following = follow({
      open: () => connected.watchConfig({ knownVersion: 0n }),
      onMessage: () => undefined,
      onState: (state, why) => {
        told(`${state}: ${why ?? ''}`);
      },
      signal: controller.signal,
      logger: silentLogger,
    });
    expect(await disconnected).toContain('disconnected: UNAVAILABLE');
    controller.abort();
    await following;
  });

  it('hands over a message when the one before has been taken in, and keeps no other stream waiting', async () => {
    await bench.serve({
      // eslint-disable-next-line @typescript-eslint/require-await -- a stream that ends when both messages are there
      watchConfig: serverStreaming(async function* () {
        yield responseOf(1n);
        yield responseOf(2n);
      }),
    });
    const controller = new AbortController();
    const connected = bench.client();
    const events: string[] = [];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const options = { signal: controller.signal, logger: silentLogger };
    const slow = follow({
      ...options,
      open: () => connected.watchConfig({ knownVersion: 0n }),
      onMessage: async ({ deviceConfig }: WatchConfigResponse) => {
        const version = String(deviceConfig?.version);
        events.push(`slow takes ${version}`);
        await released;
        events.push(`slow has ${version}`);
        if (version === '2') controller.abort();
      },
    });
    const quick = follow({
      ...options,
      open: () => connected.watchConfig({ knownVersion: 0n }),
      onMessage: ({ deviceConfig }: WatchConfigResponse) => {
        if (!events.includes('slow takes 1') || events.includes('quick has 2')) return;
        events.push(`quick has ${String(deviceConfig?.version)}`);
        if (events.includes('quick has 2')) release();
      },
    });
    await Promise.all([slow, quick]);
    expect(events.filter((event) => event.startsWith('slow'))).toEqual([
      ...['slow takes 1', 'slow has 1', 'slow takes 2', 'slow has 2'],
    ]);
    expect(events.indexOf('quick has 2')).toBeLessThan(events.indexOf('slow has 1'));
  });

  it('opens the stream again where a message cannot be taken in, at once or later', async () => {
    await bench.serve(silentStream);
    const controller = new AbortController();
    const connected = bench.client();
    let messages = 0;
    await follow({
      open: () => connected.watchConfig({ knownVersion: 0n }),
      onMessage: () => {
        messages += 1;
        if (messages === 1) throw new Error('at once');
        if (messages === 2) return Promise.reject(new Error('later'));
        controller.abort();
        return undefined;
      },
      signal: controller.signal,
      logger: silentLogger,
    });
    expect(messages).toBe(3);
  });
});
