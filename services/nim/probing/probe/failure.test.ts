import { describe, expect, it } from '@jest/globals';

import { DnsError, SocketError } from '../../../../lib/uplink-socket/index.js';
import { connectionFailure } from './connection-failure.js';
import { failureOf } from './failure.js';
import type { ProbePort } from './index.js';
import type { FailureKind } from '../../../../lib/decision/health/index.js';
import { ProbeError } from './probe-result.js';

const port: ProbePort = { interfaceName: 'no-such0', dnsServers: [], gateways: [], families: [4] };
const sent = { bytesSent: 60, bytesReceived: 0, packetsSent: 1, packetsReceived: 0 };

const unanswered = new SocketError('ETIMEDOUT', 'x');
const deaf = new DnsError('silent', 'x');
/** What routers on the way say is no answer of the target's. */
const unreachables = [
  new SocketError('EHOSTUNREACH', 'x'),
  new SocketError('ENETUNREACH', 'x', { traffic: sent }),
  new SocketError('ENETDOWN', 'x'),
  new ProbeError('unreachable', 'x'),
] as const;
const noRoute = new SocketError('ENETUNREACH', 'x');
const silentErrors = new Set<Error>([unanswered, deaf, noRoute, ...unreachables]);

describe('failureOf', () => {
  it.each<[Error, FailureKind]>([
    [new SocketError('ECONNREFUSED', 'x'), 'refused'],
    [unanswered, 'timeout'],
    ...unreachables.map((error): [Error, FailureKind] => [error, 'unreachable']),
    [noRoute, 'no-gateway'],
    [new SocketError('ECONNRESET', 'x'), 'reset'],
    [new SocketError('EPIPE', 'x'), 'reset'],
    [new SocketError('ENODEV', 'x'), 'local'],
    [new SocketError('EADDRNOTAVAIL', 'x'), 'local'],
    [new SocketError('EMFILE', 'x'), 'local'],
    [new SocketError('EPERM', 'x'), 'local'],
    [new SocketError('ENOSYS', 'x'), 'local'],
    [new SocketError('ABORT_ERR', 'x'), 'local'],
    [new DnsError('no-such-name', 'x'), 'dns'],
    [deaf, 'dns'],
    [new DnsError('no-servers', 'x'), 'dns'],
    [new DnsError('local', 'x'), 'local'],
    [new DnsError('aborted', 'x'), 'local'],
    [new ProbeError('portal', 'x'), 'portal'],
    [new TypeError('a fault of our own: x'), 'local'],
  ])('%j', (error, failure) => {
    // Destinations that nothing is known of, and one that is none: the verdict stays.
    for (const destinations of [[], ['192.0.2.1'], ['no address']]) {
      expect(failureOf(error, port, destinations)).toEqual({
        failure,
        detail: expect.stringContaining('x'),
        silent: silentErrors.has(error),
      });
    }
  });
});

describe('connectionFailure', () => {
  const coded = (code: string): Error => Object.assign(new Error('x'), { code });

  it.each<[Error, FailureKind]>([
    [coded('ECONNRESET'), 'reset'],
    [coded('EPIPE'), 'reset'],
    [coded('EHOSTUNREACH'), 'unreachable'],
    [coded('HPE_INVALID_CONSTANT'), 'http'],
    [coded('HPE_HEADER_OVERFLOW'), 'http'],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls'],
    [coded('EPROTO'), 'tls'],
    [new Error('x'), 'tls'],
  ])('%j', (error, failure) => {
    const { failure: named, message } = connectionFailure(error, 'ship.example');
    expect(named).toBe(failure);
    expect(message).toMatch(/ship\.example.*x/);
  });
});
