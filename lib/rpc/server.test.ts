import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  HealthCheckResponse_ServingStatus,
  HealthClient,
  type HealthCheckResponse,
} from '../../gen/grpc/health/v1/health.js';
import { call, connectTo, SocketInUseError, unary } from './index.js';
import { outcomeOf, silentStream, TESTED_SERVICE, TestBench } from './testing/test-bench.js';

let bench: TestBench;

beforeEach(async () => {
  bench = await TestBench.make();
});

afterEach(async () => {
  await bench.clear();
});

describe('startServer', () => {
  it('gives the socket its mode and takes it away at the end', async () => {
    const server = await bench.serve({}, { socketMode: 0o600 });
    expect((await stat(bench.socketPath)).mode & 0o777).toBe(0o600);
    await server.close();
    await expect(stat(bench.socketPath)).rejects.toThrow('ENOENT');
  });

  it('refuses a socket on which another instance answers', async () => {
    await bench.serve({ getConfig: unary(() => ({ deviceConfig: undefined })) });
    await expect(bench.serve({})).rejects.toThrow(SocketInUseError);
    expect(await call(bench.client(), 'getConfig', {}, { timeoutMs: 5_000 })).toMatchObject({
      deviceConfig: undefined,
    });
  });

  it('lets one of two that start at once have the socket', async () => {
    const outcomes = await Promise.allSettled([bench.serve({}), bench.serve({}), bench.serve({})]);
    expect(outcomes.filter(({ status: outcome }) => outcome === 'fulfilled')).toHaveLength(1);
  });

  it('replaces a socket that a killed process left behind', async () => {
    const script = `require('node:net').createServer().listen(${JSON.stringify(bench.socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await promisify(execFile)(process.execPath, ['-e', script]).catch(() => undefined);
    expect((await stat(bench.socketPath)).isSocket()).toBe(true);
    await bench.serve({ getConfig: unary(() => ({ deviceConfig: undefined })) });
    await call(bench.client(), 'getConfig', {}, { timeoutMs: 5_000 });
  });

  it('leaves alone what is not a socket', async () => {
    await writeFile(bench.socketPath, 'precious');
    await expect(bench.serve({})).rejects.toThrow('not a socket');
  });

  it('says when the path is too long', async () => {
    await expect(bench.serve({}, { socketPath: join(bench.directory, 'x'.repeat(120)) })).rejects.toThrow('too long');
  });

  it('ends open streams with UNAVAILABLE', async () => {
    const server = await bench.serve(silentStream);
    const stream = bench.client().watchConfig({ knownVersion: 0n });
    const outcome = outcomeOf(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    await server.close();
    expect(await outcome).toEqual({ messages: 1, code: status.UNAVAILABLE });
  });

  it('ends a call that outlasts the grace time', async () => {
    let begun: () => void = () => undefined;
    const handling = new Promise<void>((resolve) => (begun = resolve));
    const server = await bench.serve({
      getConfig: unary(() => {
        begun();
        return new Promise(() => undefined);
      }),
    });
    const outcome = call(bench.client(), 'getConfig', {}, { timeoutMs: 60_000 }).catch((thrown: unknown) => thrown);
    await handling;
    await server.close(50);
    expect(await outcome).toMatchObject({ code: status.UNAVAILABLE });
  });
});

describe('health', () => {
  it('answers for the server and each service, and tells watchers', async () => {
    const server = await bench.serve({});
    const health = connectTo(HealthClient, `unix:${bench.socketPath}`);
    bench.afterwards(() => {
      health.close();
    });
    const check = async (service: string): Promise<unknown> => call(health, 'check', { service }, { timeoutMs: 5_000 });
    expect(await check('')).toMatchObject({ status: HealthCheckResponse_ServingStatus.SERVING });
    expect(await check(TESTED_SERVICE)).toMatchObject({ status: HealthCheckResponse_ServingStatus.SERVING });
    await expect(check('nobody')).rejects.toMatchObject({ code: status.NOT_FOUND });
    const watched: HealthCheckResponse_ServingStatus[] = [];
    const stream = health.watch({ service: TESTED_SERVICE });
    stream.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      stream.on('data', (response: HealthCheckResponse) => {
        watched.push(response.status);
        if (watched.length === 1) server.setServing(TESTED_SERVICE, false);
        else resolve();
      });
    });
    stream.cancel();
    expect(watched).toEqual([HealthCheckResponse_ServingStatus.SERVING, HealthCheckResponse_ServingStatus.NOT_SERVING]);
    expect(await check(TESTED_SERVICE)).toMatchObject({ status: HealthCheckResponse_ServingStatus.NOT_SERVING });
    expect(await call(health, 'list', {}, { timeoutMs: 5_000 })).toMatchObject({
      statuses: { '': { status: HealthCheckResponse_ServingStatus.SERVING } },
    });
  });
});
