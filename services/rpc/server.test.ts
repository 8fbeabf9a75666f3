import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { status, type ClientReadableStream } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  HealthCheckResponse_ServingStatus,
  HealthClient,
  type HealthCheckResponse,
} from '../../gen/grpc/health/v1/health.js';
import {
  DeviceConfigServiceClient,
  DeviceConfigServiceService,
  type DeviceConfigServiceServer,
  type WatchConfigResponse,
} from '../../gen/zedagent/v1/device_config.js';
import { createLogger } from '../observability/index.js';
import {
  call,
  connectTo,
  follow,
  RpcError,
  serverStreaming,
  SocketInUseError,
  startServer,
  unary,
  type RunningServer,
  type ServerOptions,
} from './index.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const serviceName = 'org.lfedge.eve.zedagent.v1.DeviceConfigService';

let directory: string;
let socketPath: string;
const toClose: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evp-rpc-'));
  socketPath = join(directory, 'test.sock');
});

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
  await rm(directory, { recursive: true });
});

function responseOf(version: bigint): WatchConfigResponse {
  return { deviceConfig: { version, config: undefined, pushedAt: undefined, sha256: '', author: '' } };
}

const unused = unary(() => {
  throw new Error('not used by this test');
});

async function serve(
  methods: Partial<DeviceConfigServiceServer>,
  options: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  const implementation: DeviceConfigServiceServer = {
    pushConfig: unused,
    getConfig: unused,
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream that ends at once
    watchConfig: serverStreaming(async function* () {
      yield responseOf(1n);
    }),
    ...methods,
  };
  const services = [{ definition: DeviceConfigServiceService, implementation }];
  const server = await startServer({ socketPath, services, logger, ...options });
  toClose.push(() => server.close(100));
  return server;
}

function client(): DeviceConfigServiceClient {
  const connected = connectTo(DeviceConfigServiceClient, `unix:${socketPath}`);
  toClose.push(() => {
    connected.close();
  });
  return connected;
}

describe('unary', () => {
  it('answers, and hands the caller what an RpcError says', async () => {
    const violations = [{ field: 'config.networkInstances[0].ip.subnet', description: 'not a subnet: ü\ud800' }];
    await serve({
      pushConfig: unary(({ dryRun }) => {
        if (dryRun) return { version: 7n, changed: true };
        throw new RpcError(status.INVALID_ARGUMENT, 'one problem \ud800', {
          reason: 'INVALID_CONFIG',
          violations,
          metadata: { version: '7' },
        });
      }),
    });
    const request = { config: undefined, author: '' };
    expect(await call(client(), 'pushConfig', { ...request, dryRun: true }, { timeoutMs: 5_000 })).toMatchObject({
      version: 7n,
      changed: true,
    });
    const error = await call(client(), 'pushConfig', { ...request, dryRun: false }, { timeoutMs: 5_000 }).catch(
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
    await serve({
      getConfig: unary(() => {
        throw new RpcError(status.INVALID_ARGUMENT, 'ä'.repeat(9_000), { violations });
      }),
    });
    const error = await call(client(), 'getConfig', {}, { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
    if (!(error instanceof RpcError)) throw new Error('expected an RpcError');
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.violations.length).toBeGreaterThan(200);
    expect(error.violations[0]).toEqual(violations[0]);
    expect(error.violations.at(-1)).toEqual({
      field: '',
      description: `and ${5_000 - error.violations.length + 1} more problems`,
    });
  });

  it('hides what else is thrown', async () => {
    await serve({
      getConfig: unary(() => {
        throw new Error('secret');
      }),
    });
    const error = await call(client(), 'getConfig', {}, { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: status.INTERNAL, reason: 'INTERNAL' });
    expect(String(error)).not.toContain('secret');
  });

  it('tells the handler that the deadline has passed', async () => {
    let aborted: Promise<void> | undefined;
    await serve({
      getConfig: unary((_request, { signal }) => {
        aborted = new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            resolve();
          });
        });
        return new Promise(() => undefined);
      }),
    });
    await expect(call(client(), 'getConfig', {}, { timeoutMs: 100 })).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    await aborted;
  });

  it('ends a call when its signal aborts', async () => {
    const controller = new AbortController();
    await serve({
      getConfig: unary(() => {
        controller.abort();
        return new Promise(() => undefined);
      }),
    });
    const waiting = call(client(), 'getConfig', {}, { timeoutMs: 60_000, signal: controller.signal });
    await expect(waiting).rejects.toMatchObject({ code: status.CANCELLED });
  });
});

describe('serverStreaming', () => {
  it('asks for the next message only when the reader has taken the one before', async () => {
    let made = 0;
    await serve({
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
            },
          };
        }
      }),
    });
    const stream = client().watchConfig({ knownVersion: 0n });
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
    await serve({
      watchConfig: serverStreaming(async function* (_request, { signal }) {
        yield responseOf(1n);
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            resolve();
          });
        });
        ended();
      }),
    });
    const stream = client().watchConfig({ knownVersion: 0n });
    stream.on('error', () => undefined);
    stream.once('data', () => {
      stream.cancel();
    });
    await over;
  });

  it('delivers the error of a handler after its messages', async () => {
    await serve({
      // eslint-disable-next-line @typescript-eslint/require-await -- fails at once
      watchConfig: serverStreaming(async function* () {
        yield responseOf(1n);
        throw new RpcError(status.FAILED_PRECONDITION, 'no more', { reason: 'NO_MORE' });
      }),
    });
    expect(await outcomeOf(client().watchConfig({ knownVersion: 0n }))).toEqual({
      messages: 1,
      code: status.FAILED_PRECONDITION,
    });
  });
});

function outcomeOf(stream: ClientReadableStream<unknown>): Promise<{ messages: number; code: status | undefined }> {
  return new Promise((resolve) => {
    let messages = 0;
    stream.on('data', () => (messages += 1));
    stream.on('error', (error: Error & { code?: status }) => {
      resolve({ messages, code: error.code });
    });
    stream.on('end', () => {
      resolve({ messages, code: undefined });
    });
  });
}

const silentStream: Partial<DeviceConfigServiceServer> = {
  watchConfig: serverStreaming(async function* (_request, { signal }) {
    yield responseOf(1n);
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
  }),
};

describe('startServer', () => {
  it('gives the socket its mode and takes it away at the end', async () => {
    const server = await serve({}, { socketMode: 0o600 });
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    await server.close();
    await expect(stat(socketPath)).rejects.toThrow('ENOENT');
  });

  it('refuses a socket on which another instance answers', async () => {
    await serve({ getConfig: unary(() => ({ deviceConfig: undefined })) });
    await expect(serve({})).rejects.toThrow(SocketInUseError);
    expect(await call(client(), 'getConfig', {}, { timeoutMs: 5_000 })).toMatchObject({ deviceConfig: undefined });
  });

  it('lets one of two that start at once have the socket', async () => {
    const outcomes = await Promise.allSettled([serve({}), serve({}), serve({})]);
    expect(outcomes.filter(({ status: outcome }) => outcome === 'fulfilled')).toHaveLength(1);
  });

  it('replaces a socket that a killed process left behind', async () => {
    const script = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await promisify(execFile)(process.execPath, ['-e', script]).catch(() => undefined);
    expect((await stat(socketPath)).isSocket()).toBe(true);
    await serve({ getConfig: unary(() => ({ deviceConfig: undefined })) });
    await call(client(), 'getConfig', {}, { timeoutMs: 5_000 });
  });

  it('leaves alone what is not a socket', async () => {
    await writeFile(socketPath, 'precious');
    await expect(serve({})).rejects.toThrow('not a socket');
  });

  it('says when the path is too long', async () => {
    await expect(serve({}, { socketPath: join(directory, 'x'.repeat(120)) })).rejects.toThrow('too long');
  });

  it('ends open streams with UNAVAILABLE', async () => {
    const server = await serve(silentStream);
    const stream = client().watchConfig({ knownVersion: 0n });
    const outcome = outcomeOf(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    await server.close();
    expect(await outcome).toEqual({ messages: 1, code: status.UNAVAILABLE });
  });

  it('ends a call that outlasts the grace time', async () => {
    let begun: () => void = () => undefined;
    const handling = new Promise<void>((resolve) => (begun = resolve));
    const server = await serve({
      getConfig: unary(() => {
        begun();
        return new Promise(() => undefined);
      }),
    });
    const outcome = call(client(), 'getConfig', {}, { timeoutMs: 60_000 }).catch((thrown: unknown) => thrown);
    await handling;
    await server.close(50);
    expect(await outcome).toMatchObject({ code: status.UNAVAILABLE });
  });
});

describe('follow', () => {
  it('opens the stream again when the server is back, and tells the states', async () => {
    const first = await serve(silentStream);
    const states: string[] = [];
    const controller = new AbortController();
    let messages = 0;
    let onMessage: () => void = () => undefined;
    const nextMessage = (): Promise<void> => new Promise((resolve) => (onMessage = resolve));
    const connected = client();
    const arrived = nextMessage();
    const following = follow({
      open: () => connected.watchConfig({ knownVersion: 0n }),
      onMessage: () => {
        messages += 1;
        onMessage();
      },
      onState: (state) => states.push(state),
      signal: controller.signal,
      logger,
    });
    await arrived;
    const arrivedAgain = nextMessage();
    await first.close();
    await serve(silentStream);
    await arrivedAgain;
    controller.abort();
    await following;
    expect(messages).toBe(2);
    expect(states).toEqual(['connected', 'disconnected', 'connected']);
  });

  it('ends at once when aborted while it waits for a server', async () => {
    const controller = new AbortController();
    const connected = client();
    let told: (why: string) => void = () => undefined;
    const disconnected = new Promise<string>((resolve) => (told = resolve));
    const following = follow({
      open: () => connected.watchConfig({ knownVersion: 0n }),
      onMessage: () => undefined,
      onState: (state, why) => {
        told(`${state}: ${why ?? ''}`);
      },
      signal: controller.signal,
      logger,
    });
    expect(await disconnected).toContain('disconnected: UNAVAILABLE');
    controller.abort();
    await following;
  });
});

describe('health', () => {
  it('answers for the server and each service, and tells watchers', async () => {
    const server = await serve({});
    const health = connectTo(HealthClient, `unix:${socketPath}`);
    toClose.push(() => {
      health.close();
    });
    const check = async (service: string): Promise<unknown> => call(health, 'check', { service }, { timeoutMs: 5_000 });
    expect(await check('')).toMatchObject({ status: HealthCheckResponse_ServingStatus.SERVING });
    expect(await check(serviceName)).toMatchObject({ status: HealthCheckResponse_ServingStatus.SERVING });
    await expect(check('nobody')).rejects.toMatchObject({ code: status.NOT_FOUND });
    const watched: HealthCheckResponse_ServingStatus[] = [];
    const stream = health.watch({ service: serviceName });
    stream.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      stream.on('data', (response: HealthCheckResponse) => {
        watched.push(response.status);
        if (watched.length === 1) server.setServing(serviceName, false);
        else resolve();
      });
    });
    stream.cancel();
    expect(watched).toEqual([HealthCheckResponse_ServingStatus.SERVING, HealthCheckResponse_ServingStatus.NOT_SERVING]);
    expect(await check(serviceName)).toMatchObject({ status: HealthCheckResponse_ServingStatus.NOT_SERVING });
    expect(await call(health, 'list', {}, { timeoutMs: 5_000 })).toMatchObject({
      statuses: { '': { status: HealthCheckResponse_ServingStatus.SERVING } },
    });
  });
});

describe('a peer that accepts and stays silent', () => {
  it('costs a call no more than its deadline', async () => {
    const mute = createServer((socket) => {
      toClose.push(() => {
        socket.destroy();
      });
    }).listen(socketPath);
    toClose.push(() => {
      mute.close();
    });
    await expect(call(client(), 'getConfig', {}, { timeoutMs: 200 })).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
  });
});
