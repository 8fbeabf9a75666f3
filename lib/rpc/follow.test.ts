import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { follow } from './index.js';
import { silentLogger, silentStream, TestBench } from './testing/test-bench.js';

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
});
