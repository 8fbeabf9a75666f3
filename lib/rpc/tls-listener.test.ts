import { readdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { credentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { DeviceConfigServiceClient } from '../../gen/zedagent/v1/device_config.js';
import { systemClock, waitUntil } from '../clock/index.js';
import { call, connectTo, readRpcError, unary, type RunningServer } from './index.js';
import { Certificates, HAVE_OPENSSL, VALID_DAYS } from './testing/certificates.js';
import { TestBench, TESTED_SERVICE } from './testing/test-bench.js';

const DAY_MS = 86_400_000;
const MOST_OF_ONE = 32;
const MOST_IN_ALL = 256;
/** What is to be by then is expected afterwards. */
const soon = { timeoutMs: 15_000 };

(HAVE_OPENSSL ? describe : describe.skip)('the listener on the network', () => {
  let bench: TestBench;
  let certificates: Certificates;
  let server: RunningServer;
  let answered: number;

  beforeEach(async () => {
    bench = await TestBench.make();
    certificates = new Certificates(bench.directory);
    await certificates.makeAuthority('ca');
    await certificates.make('server', '/CN=first');
    await certificates.make('client', '/CN=client');
    answered = 0;
    server = await bench.serve(
      {
        getConfig: unary(() => {
          answered += 1;
          return { deviceConfig: undefined };
        }),
      },
      {
        tls: {
          ...{ host: '127.0.0.1', port: 0, clientCaFile: certificates.at('ca.crt') },
          ...{ certFile: certificates.at('server.crt'), keyFile: certificates.at('server.key') },
        },
      },
    );
  }, 30_000);

  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.clear();
  });

  const tlsOptions = (client: string) => ({
    ...{ host: '127.0.0.1', port: server.tlsPort ?? 0, servername: 'localhost', ALPNProtocols: ['h2'] },
    ...{ ca: certificates.read('ca.crt'), key: certificates.read(`${client}.key`) },
    cert: certificates.read(`${client}.crt`),
  });

  /** A connection whose client has shown a certificate; undefined where the listener let it go. */
  async function connected(client = 'client'): Promise<TLSSocket | undefined> {
    const socket = connectTls(tlsOptions(client));
    bench.afterwards(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    // Once the settings of HTTP/2 come, the connection is taken.
    const taken = once(socket, 'data').then(() => true);
    const isTaken = await Promise.race([taken, once(socket, 'close').then(() => false)]);
    return isTaken ? socket : undefined;
  }

  function grpcClient(): DeviceConfigServiceClient {
    const { ca, key, cert } = tlsOptions('client');
    const client = connectTo(
      DeviceConfigServiceClient,
      `localhost:${server.tlsPort ?? 0}`,
      credentials.createSsl(ca, key, cert),
    );
    bench.afterwards(() => {
      client.close();
    });
    return client;
  }

  const get = (client: DeviceConfigServiceClient): Promise<status> =>
    call(client, 'getConfig', {}, { timeoutMs: 5_000 }).then(
      () => status.OK,
      (error: unknown) => readRpcError(error).code,
    );

  it('takes nothing more over a connection whose certificate has expired since it was made', async () => {
    const client = grpcClient();
    expect(await get(client)).toBe(status.OK);
    const nowMs = Date.now();
    jest.spyOn(systemClock, 'wallMs').mockImplementation(() => nowMs + (VALID_DAYS + 1) * DAY_MS);
    expect(await get(client)).toBe(status.UNAUTHENTICATED);
    expect(answered).toBe(1);
    jest.restoreAllMocks();
    expect(await get(client)).toBe(status.OK);
  });

  it('shows new certificates after a reload, keeps connections, and goes on with the old where the new are no good', async () => {
    const nameShown = async (): Promise<unknown> => (await connected())?.getPeerCertificate().subject.CN;
    const client = grpcClient();
    expect(await get(client)).toBe(status.OK);
    await certificates.make('server', '/CN=second');
    expect(await nameShown()).toBe('first');
    await server.reload();
    expect(await nameShown()).toBe('second');
    writeFileSync(certificates.at('server.crt'), 'no certificate');
    await expect(server.reload()).rejects.toThrow();
    expect(await nameShown()).toBe('second');
    expect(await get(client)).toBe(status.OK);
  });

  it('takes so many connections of one certificate, and others meanwhile', async () => {
    const sockets: (TLSSocket | undefined)[] = [];
    for (let count = 0; count < MOST_OF_ONE; count += 1) sockets.push(await connected());
    expect(sockets).not.toContain(undefined);
    expect(await connected()).toBeUndefined();
    await certificates.make('other', '/CN=other');
    expect(await connected('other')).toBeDefined();
    const [first] = sockets;
    first?.destroy();
    let again: TLSSocket | undefined;
    // The listener hears of the end a moment later.
    for (let attempt = 0; attempt < 50 && again === undefined; attempt += 1) {
      again = await connected();
      if (again === undefined) await sleep(20);
    }
    expect(again).toBeDefined();
  });

  it('holds so many connections at once, whoever makes them, and lets those go that show no certificate', async () => {
    const sockets: Socket[] = Array.from({ length: MOST_IN_ALL + 50 }, () => {
      const socket = connectTcp({ host: '127.0.0.1', port: server.tlsPort ?? 0 });
      socket.on('error', () => undefined);
      bench.afterwards(() => {
        socket.destroy();
      });
      return socket;
    });
    const open = new Set(sockets);
    for (const socket of sockets) {
      socket.on('close', () => {
        open.delete(socket);
      });
      socket.resume();
    }
    await waitUntil(() => open.size <= MOST_IN_ALL, soon);
    expect(open.size).toBe(MOST_IN_ALL);
    // After the time for the handshake.
    await waitUntil(() => open.size === 0, soon);
    let code: status | undefined;
    // The listener hears of the ends a moment later.
    for (let attempt = 0; attempt < 20 && code !== status.OK; attempt += 1) {
      code = await get(grpcClient());
      if (code !== status.OK) await sleep(100);
    }
    expect(code).toBe(status.OK);
  }, 30_000);

  it('is left with no descriptor and little memory by connections whose streams are reset at once', async () => {
    const connections = 40;
    await get(grpcClient());
    await resetsOver(5);
    const before = descriptors();
    const memoryBefore = memoryBytes();
    await resetsOver(connections);
    await waitUntil(() => descriptors() <= before + 2, soon);
    expect(descriptors()).toBeLessThanOrEqual(before + 2);
    // A megabyte each is what was left of each. What a session held goes some turns of the loop after its end.
    const leftMiB = () => (memoryBytes() - memoryBefore) / 2 ** 20;
    const isLittle = (): boolean => leftMiB() < connections * 0.25;
    expect(await waitUntil(isLittle, { ...soon, everyMs: 100 })).toBe(true);
    expect(await get(grpcClient())).toBe(status.OK);
  }, 60_000);

  /** Makes so many connections, one after the other, and resets a thousand streams of each. */
  async function resetsOver(connections: number): Promise<void> {
    for (let count = 0; count < connections; count += 1) {
      const socket = connectTls(tlsOptions('client'));
      socket.on('error', () => undefined);
      const session = connectHttp2('https://localhost', { createConnection: () => socket });
      session.on('error', () => undefined);
      await Promise.race([once(session, 'remoteSettings'), once(session, 'close')]);
      for (let stream = 0; stream < 1_000 && !session.destroyed; stream += 1) reset(session);
      await new Promise((resolve) => setImmediate(resolve));
      // As somebody does who just goes: without a word.
      socket.destroy();
      await waitUntil(() => session.destroyed, soon);
    }
  }

  function reset(session: ClientHttp2Session): void {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/${TESTED_SERVICE}/GetConfig`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => undefined);
    stream.close(constants.NGHTTP2_CANCEL);
  }
});

/** After what is garbage has been collected. */
function memoryBytes(): number {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
