import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';

import { readRpcError, RpcError, toStatus } from './errors.js';

/** What some clients take of headers; each counts 32 bytes more than it has (RFC 9113, 6.5.2). */
const HEADERS_LIMIT_BYTES = 8 * 1024;
const HEADER_OVERHEAD_BYTES = 32;

/** What the trailers of an error take, as grpc-js sends them. */
function trailerBytes(error: RpcError): number {
  const { code, details, metadata } = toStatus(error);
  const trailers = {
    'grpc-status': String(code),
    'grpc-message': encodeURI(details),
    ...metadata.toHttp2Headers(),
  };
  return Object.entries(trailers)
    .flatMap(([name, values]) => [values ?? ''].flat().map((value) => [name, String(value)] as const))
    .reduce((sum, [name, value]) => sum + name.length + value.length + HEADER_OVERHEAD_BYTES, 0);
}

const violation = (length: number, text = 'x') => ({
  field: 'config.apps[0].name',
  description: text.repeat(length),
});

describe('an error', () => {
  it.each<[string, RpcError]>([
    ['a long text', new RpcError(status.INVALID_ARGUMENT, 'x'.repeat(1_000_000))],
    ['a long text of other letters', new RpcError(status.NOT_FOUND, '語'.repeat(100_000))],
    [
      'many problems',
      new RpcError(status.INVALID_ARGUMENT, 'ä'.repeat(9_000), {
        reason: 'INVALID_CONFIG',
        violations: Array.from({ length: 100_000 }, () => violation(30)),
      }),
    ],
    [
      'problems of many letters',
      new RpcError(status.INVALID_ARGUMENT, 'problems', {
        violations: Array.from({ length: 9 }, () => violation(99_999, '語')),
      }),
    ],
    [
      'much that programs read, beside problems',
      new RpcError(status.INVALID_ARGUMENT, '語'.repeat(9_000), {
        reason: 'NETWORK_INSTANCE_UNKNOWN',
        metadata: { networkInstances: '語'.repeat(9_000), ports: '語'.repeat(9_000), roles: '語'.repeat(9_000) },
        violations: Array.from({ length: 1_000 }, () => violation(100)),
      }),
    ],
  ])('of %s fits into the headers that clients take', (_what, error) => {
    expect(trailerBytes(error)).toBeLessThanOrEqual(HEADERS_LIMIT_BYTES);
  });

  it('says how many problems it leaves out', () => {
    const violations = Array.from({ length: 1_000 }, () => violation(50));
    const sent = toStatus(new RpcError(status.INVALID_ARGUMENT, 'many', { violations }));
    const received = readRpcError(Object.assign(new Error('many'), { ...sent, details: sent.details }));
    const told = received.violations.length - 1;
    expect(told).toBeGreaterThan(10);
    expect(received.violations.at(-1)).toEqual({ field: '', description: `and ${1_000 - told} more problems` });
  });
});
