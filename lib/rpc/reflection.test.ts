import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ServerReflectionClient as ServerReflectionV1Client } from '../../gen/grpc/reflection/v1/reflection.js';
import type { ServerReflectionRequest, ServerReflectionResponse } from '../../gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionClient as ServerReflectionV1AlphaClient } from '../../gen/grpc/reflection/v1alpha/reflection.js';
import { DeviceConfigServiceService } from '../../gen/zedagent/v1/device_config.js';
import { createLogger } from '../observability/index.js';
import { connectTo, serverStreaming, startServer, unary, type RunningServer } from './index.js';

const BUF = join(import.meta.dirname, '../../node_modules/.bin/buf');
const SERVICE_NAME = 'org.lfedge.eve.zedagent.v1.DeviceConfigService';
let directory: string;
let socketPath: string;
let server: RunningServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evp-reflection-'));
  socketPath = join(directory, 'test.sock');
  const implementation = {
    pushConfig: unary(({ config }: { config: { networkInstances: unknown[] } | undefined }) => ({
      version: BigInt(config?.networkInstances.length ?? 0),
      changed: true,
      droppedPolicy: [],
      warnings: [],
      changes: [],
      unlikely: [],
    })),
    getConfig: unary(() => ({ deviceConfig: undefined })),
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream that ends at once
    watchConfig: serverStreaming(async function* () {
      for (const version of [3n, 4n]) {
        const deviceConfig = {
          version,
          config: undefined,
          pushedAt: undefined,
          sha256: 'abc',
          author: 'me',
          changes: [],
          reason: '',
        };
        yield { deviceConfig, policy: undefined, policyChanges: [] };
      }
    }),
  };
  server = await startServer({
    socketPath,
    services: [{ definition: DeviceConfigServiceService, implementation }],
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
});

afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** A client that knows nothing but the socket. */
async function curl(...args: readonly string[]): Promise<string> {
  const flags = ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', '--unix-socket', socketPath];
  // Outside the workspace, so that it cannot find the contracts by itself.
  const { stdout } = await promisify(execFile)(BUF, [...flags, ...args], { cwd: directory });
  return stdout;
}

describe.each(['grpc-v1', 'grpc-v1alpha'])('buf curl with reflection %s only', (protocol) => {
  const reflect = ['--reflect', '--reflect-protocol', protocol];

  it('lists services and methods', async () => {
    const services = (await curl(...reflect, '--list-services', 'http://localhost')).trim().split('\n');
    expect(services).toEqual([
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      SERVICE_NAME,
    ]);
    const methods = (await curl(...reflect, '--list-methods', 'http://localhost')).trim().split('\n');
    expect(methods).toEqual(expect.arrayContaining([`${SERVICE_NAME}/PushConfig`, 'grpc.health.v1.Health/Check']));
  });

  it('calls a unary method whose messages span many files', async () => {
    const request = JSON.stringify({ config: { networkInstances: [{ displayname: 'a' }, { displayname: 'b' }] } });
    const answer = await curl(...reflect, '-d', request, `http://localhost/${SERVICE_NAME}/PushConfig`);
    expect(JSON.parse(answer)).toEqual({ version: '2', changed: true });
  });

  it('calls a streaming method', async () => {
    const answer = await curl(...reflect, '-d', '{}', `http://localhost/${SERVICE_NAME}/WatchConfig`);
    expect(answer.match(/"version":\s*"\d"/g)).toHaveLength(2);
  });

  it('calls the health service', async () => {
    const answer = await curl(...reflect, '-d', '{}', 'http://localhost/grpc.health.v1.Health/Check');
    expect(JSON.parse(answer)).toEqual({ status: 'SERVING' });
  });
});

describe.each([
  { version: 'v1', Client: ServerReflectionV1Client },
  { version: 'v1alpha', Client: ServerReflectionV1AlphaClient },
])('reflection $version, asked directly', ({ Client }) => {
  async function ask(...requests: ServerReflectionRequest['messageRequest'][]): Promise<ServerReflectionResponse[]> {
    const client = connectTo(Client, `unix:${socketPath}`);
    const stream = client.serverReflectionInfo();
    for (const messageRequest of requests) stream.write({ host: 'h', messageRequest });
    stream.end();
    const responses: ServerReflectionResponse[] = [];
    for await (const response of stream as AsyncIterable<ServerReflectionResponse>) responses.push(response);
    client.close();
    return responses;
  }

  function filesIn(response: ServerReflectionResponse | undefined): number | undefined {
    const answer = response?.messageResponse;
    return answer?.$case === 'fileDescriptorResponse' ? answer.value.fileDescriptorProto.length : undefined;
  }

  it('sends a file with its imports, and each file once a stream', async () => {
    const [byName, bySymbol, again] = await ask(
      { $case: 'fileByFilename', value: 'evecommon/uplink.proto' },
      { $case: 'fileContainingSymbol', value: 'org.lfedge.eve.config.EdgeDevConfig' },
      { $case: 'fileContainingSymbol', value: `${SERVICE_NAME}.PushConfig` },
    );
    expect(filesIn(byName)).toBe(1);
    expect(filesIn(bySymbol)).toBeGreaterThan(10);
    // Its own, and the policy's that it imports; the configuration's has been sent.
    expect(filesIn(again)).toBe(2);
  });

  it.each<ServerReflectionRequest['messageRequest']>([
    { $case: 'fileByFilename', value: 'no.proto' },
    { $case: 'fileContainingSymbol', value: 'no.Symbol' },
    { $case: 'fileContainingExtension', value: { containingType: 'no.Type', extensionNumber: 1 } },
    { $case: 'allExtensionNumbersOfType', value: 'no.Type' },
    undefined,
  ])('answers %p with an error', async (request) => {
    const [response] = await ask(request);
    expect(response?.messageResponse?.$case).toBe('errorResponse');
  });

  it('knows that a message has no extensions', async () => {
    const [response] = await ask({ $case: 'allExtensionNumbersOfType', value: 'org.lfedge.eve.config.EdgeDevConfig' });
    expect(response?.messageResponse).toMatchObject({
      $case: 'allExtensionNumbersResponse',
      value: { extensionNumber: [] },
    });
  });
});

describe('a caller who asks and reads no answer', () => {
  it('is asked no more questions than lie on the way', async () => {
    const questions = 200_000;
    const session = connect('http://localhost', { createConnection: () => createConnection(socketPath) });
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => undefined);
    // Nobody listens for data, so nothing is read. Each is a frame of gRPC: not compressed, two bytes, list_services.
    const several = 100;
    const question = Buffer.from(Array<number[]>(several).fill([0, 0, 0, 0, 2, 0x3a, 0]).flat());
    let taken = 0;
    while (taken < questions) {
      const written = new Promise<true>((resolve) =>
        stream.write(question, () => {
          resolve(true);
        }),
      );
      const stuck = new Promise<false>((resolve) => setTimeout(resolve, 1_000, false));
      if (!(await Promise.race([written, stuck]))) break;
      taken += several;
    }
    session.destroy();
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(questions / 2);
  }, 30_000);
});
