import { createServer } from 'node:net';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { whenAborted } from '../clock/index.js';
import { call, RpcError, serverStreaming, unary } from './index.js';
import { outcomeOf, responseOf, TestBench } from './testing/test-bench.js';

let bench: TestBench;

beforeEach(async () => {
  bench = await TestBench.make();
});

afterEach(async () => {
  await bench.clear();
});

describe('unary', () => {
  it('answers, and hands the caller what an RpcError says', async () => {
    const violations = [{ field: 'config.networkInstances[0].ip.subnet', description: 'not a subnet: ü\ud800' }];
    await bench.serve({
      pushConfig: unary(({ dryRun }) => {
        if (dryRun) return { version: 7n, changed: true, droppedPolicy: [], warnings: [], changes: [], unlikely: [] };
        throw new RpcError(status.INVALID_ARGUMENT, 'one problem \ud800', {
          reason: 'INVALID_CONFIG',
          violations,
          metadata: { version: '7' },
        });
      }),
    });
    const request = { config: undefined, author: '', changes: [], reason: '' };
    expect(await call(bench.client(), 'pushConfig', { ...request, dryRun: true }, { timeoutMs: 5_000 })).toMatchObject({
      version: 7n,
      changed: true,
    });
    const error = await call(bench.client(), 'pushConfig', { ...request, dryRun: false }, { timeoutMs: 5_000 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      codeName: 'INVALID_ARGUMENT',
      message: 'one problem \ufffd',
      reason: 'INVALID_CONFIG',
      violations: [{ field: 'config.networkInstances[0].ip.subnet', description: 'not a subnet: ü\ufffd' }],
      metadata: { version: '7' },
    });
  });

  it('delivers as many violations as headers carry, and says how many it left out', async () => {
    const violations = Array.from({ length: 5_000 }, (_, index) => ({
      field: `config.apps[${index}].name`,
      description: 'ä'.repeat(20),
    }));
    await bench.serve({
      getConfig: unary(() => {
        throw new RpcError(status.INVALID_ARGUMENT, 'ä'.repeat(9_000), { violations });
      }),
    });
    const error = await call(bench.client(), 'getConfig', {}, { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
    if (!(error instanceof RpcError)) throw new Error('expected an RpcError');
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.violations.length).toBeGreaterThan(20);
    expect(error.violations[0]).toEqual(violations[0]);
    expect(error.violations.at(-1)).toEqual({
      field: '',
      description: `and ${5_000 - error.violations.length + 1} more problems`,
    });
  });

  it('hides what else is thrown', async () => {
    await bench.serve({
      getConfig: unary(() => {
        throw new Error('secret');
      }),
    });
    const error = await call(bench.client(), 'getConfig', {}, { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: status.INTERNAL, reason: 'INTERNAL' });
    expect(String(error)).not.toContain('secret');
  });

  it('tells the handler that the deadline has passed', async () => {
    let aborted: Promise<void> | undefined;
    await bench.serve({
      getConfig: unary((_request, { signal }) => {
        aborted = new Promise<void>((resolve) => {
          whenAborted(signal, resolve);
        });
        return new Promise(() => undefined);
      }),
    });
    await expect(call(bench.client(), 'getConfig', {}, { timeoutMs: 100 })).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    await aborted;
  });

  it('ends a call when its signal aborts', async () => {
    const controller = new AbortController();
    await bench.serve({
      getConfig: unary(() => {
        controller.abort();
        return new Promise(() => undefined);
      }),
    });
    const waiting = call(bench.client(), 'getConfig', {}, { timeoutMs: 60_000, signal: controller.signal });
    await expect(waiting).rejects.toMatchObject({ code: status.CANCELLED });
  });
});

describe('serverStreaming', () => {
  it('asks for the next message only when the reader has taken the one before', async () => {
    let made = 0;
    await bench.serve({
      watchConfig: serverStreaming(async function* ({ knownVersion: _ }, { signal }) {
        while (!signal.aborted) {
          made += 1;
          await new Promise((resolve) => setImmediate(resolve));
          yield {
            deviceConfig: {
              version: 1n,
              config: undefined,
              pushedAt: undefined,
              sha256: 'x'.repeat(10_000),
              author: '',
              changes: [],
              reason: '',
            },
            policy: undefined,
            policyChanges: [],
          };
        }
      }),
    });
    const stream = bench.client().watchConfig({ knownVersion: 0n });
    stream.on('error', () => undefined);
    // A reader of grpc-js that has not read yet takes in without limit; one that has read and pauses does not.
    await new Promise((resolve) => stream.once('data', resolve));
    stream.pause();
    let before = -1;
    while (before !== made) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const whenBlocked = made;
    // The windows of HTTP/2 and the buffers of the socket hold some; without back-pressure there is no end.
    expect(whenBlocked).toBeLessThan(3_000);
    let read = 0;
    await new Promise<void>((resolve) => {
      stream.on('data', () => {
        read += 1;
        if (read > whenBlocked) resolve();
      });
      stream.resume();
    });
    stream.cancel();
  });

  it('ends the handler when the reader cancels', async () => {
    let ended: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (ended = resolve));
    await bench.serve({
      watchConfig: serverStreaming(async function* (_request, { signal }) {
        yield responseOf(1n);
        await new Promise<void>((resolve) => {
          whenAborted(signal, resolve);
        });
        ended();
      }),
    });
    const stream = bench.client().watchConfig({ knownVersion: 0n });
    stream.on('error', () => undefined);
    stream.once('data', () => {
      stream.cancel();
    });
    await over;
  });

  it('delivers the error of a handler after its messages', async () => {
    await bench.serve({
      // eslint-disable-next-line @typescript-eslint/require-await -- fails at once
      watchConfig: serverStreaming(async function* () {
        yield responseOf(1n);
        throw new RpcError(status.FAILED_PRECONDITION, 'no more', { reason: 'NO_MORE' });
      }),
    });
    expect(await outcomeOf(bench.client().watchConfig({ knownVersion: 0n }))).toEqual({
      messages: 1,
      code: status.FAILED_PRECONDITION,
    });
  });
});

describe('a peer that accepts and stays silent', () => {
  it('costs a call no more than its deadline', async () => {
    const mute = createServer((socket) => {
      bench.afterwards(() => {
        socket.destroy();
      });
    }).listen(bench.socketPath);
    bench.afterwards(() => {
      mute.close();
    });
    await expect(call(bench.client(), 'getConfig', {}, { timeoutMs: 200 })).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
  });
});
