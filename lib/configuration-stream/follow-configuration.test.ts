import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { WatchConfigResponse } from '../../gen/zedagent/v1/device_config.js';
import { configFromJson, ConfigurationReader, type ConfigurationUpdate } from '../configuration/index.js';
import { app, local, portMap, ship, type Json } from '../configuration/testing/ship-json.js';
import { serverStreaming } from '../rpc/index.js';
import { responseOf, silentLogger, TestBench } from '../rpc/testing/test-bench.js';
import { readConfiguration } from './follow-configuration.js';
import { followConfiguration } from './index.js';

let bench: TestBench;

beforeEach(async () => {
  bench = await TestBench.make();
});

afterEach(async () => {
  await bench.clear();
});

/** Version and number of apps of each configuration that is told, and in how many turns of the event loop it came. */
async function told(configurations: readonly Json[]): Promise<readonly string[]> {
  const messages = configurations.map((json, index): WatchConfigResponse => {
    const message = responseOf(BigInt(index + 1));
    if (message.deviceConfig !== undefined) message.deviceConfig.config = configFromJson(json);
    return message;
  });
  await bench.serve({
    watchConfig: serverStreaming(async function* (_request, { signal }) {
      yield* messages;
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    }),
  });
  const controller = new AbortController();
  const updates: ConfigurationUpdate[] = [];
  await followConfiguration({
    zedagentAddress: `unix:${bench.socketPath}`,
    onUpdate: (update) => {
      updates.push(update);
      if (updates.length === messages.length) controller.abort();
    },
    onState: () => undefined,
    signal: controller.signal,
    logger: silentLogger,
  });
  return updates.map((update) =>
    update.kind === 'invalid'
      ? `${update.deviceConfig.version}: invalid`
      : `${update.deviceConfig.version}: ${update.model.apps.length} apps`,
  );
}

it('tells of configurations in their order, a large one before the small one that came after it', async () => {
  const large = ship({
    networkInstances: [local(1)],
    apps: Array.from({ length: 200 }, (_, index) => app(index + 1, 1)),
  });
  const small = ship({ networkInstances: [local(1)], apps: [app(1, 1)] });
  const broken = { ...small, networkInstances: [local(1), local(1)] };
  expect(await told([large, small, broken, small])).toEqual(['1: 200 apps', '2: 1 apps', '3: invalid', '4: 1 apps']);
});

it('pauses between the parts of a large one, while it is decoded and while it is interpreted', () => {
  const apps = Array.from({ length: 200 }, (_, index) =>
    app(index + 1, 1, {
      acls: Array.from({ length: 20 }, (_entry, entry) => portMap(String(1_000 + index * 20 + entry))),
    }),
  );
  const message = responseOf(1n);
  if (message.deviceConfig !== undefined) {
    message.deviceConfig.config = configFromJson(ship({ networkInstances: [local(1)], apps }));
  }
  const bytes = Buffer.from(WatchConfigResponse.encode(message).finish());
  const reader = new ConfigurationReader();
  const work = readConfiguration(reader, bytes);
  let pauses = 0;
  let step = work.next();
  for (; step.done !== true; step = work.next()) {
    pauses += 1;
    // Who asks in between has nothing yet, and is sent all of it.
    expect(reader.request.knownVersion).toBe(0n);
  }
  expect(step.value).toMatchObject({ kind: 'model', deviceConfig: { version: 1n } });
  // A part is 16 KiB of what is decoded, or a few apps.
  expect(pauses).toBeGreaterThan(bytes.length / (16 * 1024));
  expect(reader.request.knownVersion).toBe(1n);
});
