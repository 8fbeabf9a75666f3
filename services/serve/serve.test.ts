import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';

import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';

import { DeviceConfigServiceClient } from '../../gen/zedagent/v1/device_config.js';
import { HealthClient } from '../../gen/grpc/health/v1/health.js';
import { checked, libc, openUnixSocket, SOCK_DGRAM, unixAddress } from '../../lib/libc/index.js';
import { call, connectTo, readRpcError } from '../../lib/rpc/index.js';
import { Certificates, HAVE_OPENSSL } from '../../lib/rpc/testing/certificates.js';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

interface Served {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the first line of standard error that holds this; rejects where the process ends before. */
  readonly says: (words: string) => Promise<string>;
}

/** All datagrams that come to a socket at this path. */
function hearAll(path: string): { readonly until: (word: string) => Promise<void>; readonly close: () => void } {
  const descriptor = openUnixSocket(SOCK_DGRAM);
  const address = unixAddress(path);
  checked(libc().bind(descriptor, address, address.length), 'listening as the service manager');
  const buffer = Buffer.alloc(4_096);
  let heard = '';
  return {
    until: async (word) => {
      for (let attempt = 0; attempt < 400; attempt += 1) {
        const length = libc().recv(descriptor, buffer, buffer.length, 0);
        if (length > 0) heard += `${buffer.toString('utf8', 0, length)}\n`;
        if (heard.split('\n').includes(word)) return;
        if (length <= 0) await sleep(25);
      }
      throw new Error(`heard no ${word}: ${heard}`);
    },
    close: () => {
      libc().close(descriptor);
    },
  };
}

describe('serve, as a process of its own', () => {
  let programDirectory: string;
  let directory: string;
  let runDir: string;
  let stateDir: string;
  const started: Served[] = [];

  beforeAll(async () => {
    programDirectory = await mkdtemp(join(tmpdir(), 'evp-serve-program-'));
    await chmod(programDirectory, 0o755);
    await build({
      stdin: {
        contents: `
          import { serve } from './services/serve/index.ts';
          const [runDir, stateDir, metricsPort] = process.argv.slice(2);
          const certificates = process.env.TEST_CERTIFICATES;
          const listen = certificates === undefined ? undefined : {
            host: '127.0.0.1', port: 0, clientCaFile: certificates + '/ca.crt',
            certFile: certificates + '/server.crt', keyFile: certificates + '/server.key',
          };
          const metrics = metricsPort === undefined ? undefined : { host: '127.0.0.1', port: Number(metricsPort) };
          await serve({ services: ['zedagent'], runDir, stateDir, logLevel: 'info', metrics, listen });`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
      },
      outfile: join(programDirectory, 'serve.mjs'),
      logLevel: 'silent',
    });
  });

  afterAll(async () => {
    await rm(programDirectory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evp-serve-'));
    runDir = join(directory, 'run');
    stateDir = join(directory, 'state');
  });

  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
    await rm(directory, { recursive: true, force: true });
  });

  function start(...more: readonly string[]): Served {
    return startIn({}, ...more);
  }

  function startIn(environment: Readonly<Record<string, string>>, ...more: readonly string[]): Served {
    const program = [join(programDirectory, 'serve.mjs'), runDir, stateDir, ...more];
    const env = { ...process.env, NODE_PATH: join(process.cwd(), 'node_modules'), ...environment };
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let stderr = '';
    let onOutput: () => void = () => undefined;
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      onOutput();
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        resolve({ code, signal, stderr });
      });
    });
    const says = (words: string): Promise<string> =>
      new Promise((resolve, reject) => {
        onOutput = () => {
          const line = stderr.split('\n').find((each) => each.includes(words));
          if (line !== undefined) resolve(line);
        };
        onOutput();
        void ended.then(() => {
          reject(new Error(`ended before it said ${words}: ${stderr}`));
        });
      });
    const served = { child, ended, says };
    started.push(served);
    return served;
  }

  async function codeOfGetConfig(): Promise<status> {
    const client = connectTo(DeviceConfigServiceClient, `unix:${runDir}/zedagent.sock`);
    const error = await call(client, 'getConfig', {}, { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
    client.close();
    return readRpcError(error).code;
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('serves, and ends in good order at %s', async (signal) => {
    const { child, ended, says } = start();
    await says('"service-started"');
    expect((await stat(runDir)).mode & 0o777).toBe(0o755);
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(runDir, 'zedagent.sock'))).mode & 0o777).toBe(0o660);
    expect(await codeOfGetConfig()).toBe(status.NOT_FOUND);
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0, signal: null });
    await expect(stat(join(runDir, 'zedagent.sock'))).rejects.toThrow('ENOENT');
  });

  it('ends although somebody watches', async () => {
    const { child, ended, says } = start();
    await says('"service-started"');
    const health = connectTo(HealthClient, `unix:${runDir}/zedagent.sock`);
    const stream = health.watch({ service: '' });
    const code = new Promise<status>((resolve) => {
      stream.on('error', (error) => {
        resolve(readRpcError(error).code);
      });
    });
    await new Promise((resolve) => stream.once('data', resolve));
    stream.on('data', () => undefined);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
    expect(await code).toBe(status.UNAVAILABLE);
    health.close();
  });

  it('refuses to start where another instance serves, and says so; the other goes on', async () => {
    await start().says('"service-started"');
    const second = await start().ended;
    expect(second.code).not.toBe(0);
    expect(second.stderr).toContain(`another instance is serving on ${runDir}/zedagent.sock`);
    expect(await codeOfGetConfig()).toBe(status.NOT_FOUND);
  });

  it('starts again after SIGKILL, and clients find it by themselves', async () => {
    const first = start();
    await first.says('"service-started"');
    const client = connectTo(DeviceConfigServiceClient, `unix:${runDir}/zedagent.sock`);
    await call(client, 'getConfig', {}, { timeoutMs: 5_000 }).catch(() => undefined);
    const stream = client.watchConfig({ knownVersion: 0n });
    const streamCode = new Promise<status>((resolve) => {
      stream.on('error', (error) => {
        resolve(readRpcError(error).code);
      });
    });
    await new Promise((resolve) => stream.once('metadata', resolve));
    first.child.kill('SIGKILL');
    await first.ended;
    stream.resume();
    expect(await streamCode).toBe(status.UNAVAILABLE);
    await start().says('"service-started"');
    const deadlineMs = Date.now() + 10_000;
    let code: status = status.UNAVAILABLE;
    while (code === status.UNAVAILABLE && Date.now() < deadlineMs) {
      const error = await call(client, 'getConfig', {}, { timeoutMs: 1_000 }).catch((thrown: unknown) => thrown);
      code = readRpcError(error).code;
    }
    expect(code).toBe(status.NOT_FOUND);
    client.close();
  });

  it('tells the service manager when it serves, that it does, and when it ends', async () => {
    const path = join(directory, 'notify');
    const heard = hearAll(path);
    const { child, ended } = startIn({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '400000' });
    await heard.until('READY=1');
    await heard.until('WATCHDOG=1');
    expect(await codeOfGetConfig()).toBe(status.NOT_FOUND);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
    await heard.until('STOPPING=1');
    heard.close();
  });

  it('reads the log level again at SIGHUP, keeps it where there is none, and lives', async () => {
    const { child, says } = start();
    await says('"service-started"');
    await writeFile(join(stateDir, 'log-level'), 'loud');
    child.kill('SIGHUP');
    await says('reload-failed');
    await writeFile(join(stateDir, 'log-level'), 'debug');
    child.kill('SIGHUP');
    expect(JSON.parse(await says('log-level-changed'))).toMatchObject({ level: 'info', logLevel: 'debug' });
    expect(await codeOfGetConfig()).toBe(status.NOT_FOUND);
  });

  (HAVE_OPENSSL ? it : it.skip)('shows the certificates that it finds at SIGHUP', async () => {
    const certificates = new Certificates(directory);
    await certificates.makeAuthority('ca');
    await certificates.make('server', '/CN=first');
    const { child, says } = startIn({ TEST_CERTIFICATES: directory });
    const { tlsPort } = JSON.parse(await says('"service-started"')) as { tlsPort: number };
    const nameShown = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const ca = certificates.read('ca.crt');
        const socket = connect({ host: '127.0.0.1', port: tlsPort, servername: 'localhost', ca }, () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    expect(await nameShown()).toBe('first');
    await certificates.make('server', '/CN=second');
    child.kill('SIGHUP');
    await says('certificates-reloaded');
    expect(await nameShown()).toBe('second');
  });

  it('ends where it cannot start', async () => {
    await mkdir(join(runDir, 'zedagent.sock'), { recursive: true });
    const { code, stderr } = await start().ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain('is not a socket');
  });

  it('offers metrics where asked', async () => {
    const { says } = start('0');
    const { port } = JSON.parse(await says('metrics-started')) as { port: number };
    await says('"service-started"');
    expect(await codeOfGetConfig()).toBe(status.NOT_FOUND);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toContain('process_cpu_seconds_total');
    const method = 'service="org.lfedge.eve.zedagent.v1.DeviceConfigService",method="GetConfig"';
    expect(text).toContain(`eve_uplink_rpc_errors_total{${method},code="NOT_FOUND"} 1`);
    expect(text).toMatch(/^eve_uplink_policy_grants 0$/m);
    expect(text).not.toMatch(/^eve_uplink_config_version /m);
  });
});
