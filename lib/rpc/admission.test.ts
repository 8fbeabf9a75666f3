import { compressionAlgorithms, credentials, Client, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { PushConfigRequest } from '../../gen/zedagent/v1/device_config.js';
import { createLogger } from '../observability/index.js';
import { configurationRequest, RpcError, smallRequest, unary } from './index.js';
import { TestBench, TESTED_SERVICE } from './testing/test-bench.js';

let bench: TestBench;

beforeEach(async () => {
  bench = await TestBench.make();
});

afterEach(async () => {
  await bench.clear();
});

/** What becomes of these bytes as a request of PushConfig, sent compressed. */
function codeOf(bytes: Buffer): Promise<status> {
  const client = new Client(`unix:${bench.socketPath}`, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
    'grpc.max_send_message_length': -1,
  });
  bench.afterwards(() => {
    client.close();
  });
  const same = (value: Buffer): Buffer => value;
  return new Promise((resolve) => {
    const answered = (error: ServiceError | null): void => {
      resolve(error === null ? status.OK : error.code);
    };
    client.makeUnaryRequest(`/${TESTED_SERVICE}/PushConfig`, same, same, bytes, new Metadata(), {}, answered);
  });
}

/** A request whose configuration has these bytes. */
function withConfig(config: Buffer): Buffer {
  let length = config.length;
  const lengthBytes: number[] = [];
  for (; length > 0x7f; length >>>= 7) lengthBytes.push((length & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([0x0a, ...lengthBytes, length]), config]);
}

const answer = { version: 1n, changed: false, droppedPolicy: [], warnings: [], changes: [], unlikely: [] };

describe('a request beyond its limits', () => {
  it.each<{ what: string; bytes: Buffer; code: status }>([
    {
      what: '8 million unknown fields',
      bytes: Buffer.alloc(16_000_000, Buffer.from([0x78, 0x00])),
      code: status.RESOURCE_EXHAUSTED,
    },
    {
      what: '1.5 million empty network instances',
      bytes: withConfig(Buffer.alloc(3_000_000, Buffer.from([0x82, 0x01, 0x00]))),
      code: status.RESOURCE_EXHAUSTED,
    },
    {
      what: 'one app of half a million empty interfaces',
      bytes: withConfig(
        Buffer.concat([
          Buffer.from([0x22]),
          withConfig(Buffer.alloc(1_000_000, Buffer.from([0x32, 0x00]))).subarray(1),
        ]),
      ),
      code: status.RESOURCE_EXHAUSTED,
    },
    {
      what: 'more bytes than may be',
      bytes: Buffer.alloc(configurationRequest.bytes + 1, 0x0a),
      code: status.RESOURCE_EXHAUSTED,
    },
    { what: 'no message', bytes: Buffer.from([0x0a, 0xff]), code: status.INVALID_ARGUMENT },
    { what: 'groups in groups', bytes: Buffer.alloc(5_000, 0x7b), code: status.INVALID_ARGUMENT },
    { what: 'an honest one', bytes: withConfig(Buffer.from([0x82, 0x01, 0x00])), code: status.OK },
  ])('of $what gets its status, and the handler never sees it', async ({ bytes, code }) => {
    const handler = jest.fn(() => answer);
    await bench.serve({ pushConfig: unary(handler) }, {}, configurationRequest);
    expect(await codeOf(bytes)).toBe(code);
    expect(handler).toHaveBeenCalledTimes(code === status.OK ? 1 : 0);
  });

  it('is told by size of the whole, where the method takes no configuration', async () => {
    await bench.serve({ pushConfig: unary(() => answer) });
    const request = PushConfigRequest.encode(PushConfigRequest.fromPartial({ author: 'a'.repeat(smallRequest.bytes) }));
    expect(await codeOf(Buffer.from(request.finish()))).toBe(status.RESOURCE_EXHAUSTED);
  });
});

describe('a caller who may not call', () => {
  it('is turned away before anything of the request is read, and a line says so once', async () => {
    const logger = createLogger({ service: 'test', level: 'silent' });
    const warn = jest.spyOn(logger, 'warn');
    const admit = (): void => {
      throw new RpcError(status.PERMISSION_DENIED, 'not you', { reason: 'ROLE_REQUIRED' });
    };
    await bench.serve({ pushConfig: unary(() => answer) }, { admit, logger });
    // Whoever reads it would say that it is no message.
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(Buffer.from([0x0a, 0xff]))));
    expect(codes).toEqual(Array(5).fill(status.PERMISSION_DENIED));
    expect(warn.mock.calls).toEqual([
      [
        expect.objectContaining({ event: 'call-refused', method: `/${TESTED_SERVICE}/PushConfig`, why: 'not you' }),
        expect.any(String),
      ],
    ]);
  });
});
