import { describe, expect, it } from '@jest/globals';

import { SecretKey, type WireGuardChange } from '../netlink/index.js';
import { formatUapiChange, parseUapiDevice } from './uapi.js';

const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');

describe('formatUapiChange', () => {
  it('says what is to change, and nothing else', () => {
    const change: WireGuardChange = {
      privateKey: SecretKey.fromBase64(keyOf(7)),
      mark: 0xef000001,
      peers: [
        { kind: 'remove', publicKey: keyOf(8) },
        {
          kind: 'set',
          publicKey: keyOf(9),
          endpoint: { address: '2001:db8::1', port: 51_820 },
          keepaliveSeconds: 25,
          allowedPrefixes: [{ address: '0.0.0.0', length: 0 }],
        },
        { kind: 'set', publicKey: keyOf(9), keepaliveSeconds: 0 },
      ],
    };
    expect(formatUapiChange(change)).toBe(
      [
        'set=1',
        `private_key=${'07'.repeat(32)}`,
        'fwmark=4009754625',
        `public_key=${'08'.repeat(32)}`,
        'remove=true',
        `public_key=${'09'.repeat(32)}`,
        'endpoint=[2001:db8::1]:51820',
        'persistent_keepalive_interval=25',
        'replace_allowed_ips=true',
        'allowed_ip=0.0.0.0/0',
        `public_key=${'09'.repeat(32)}`,
        'persistent_keepalive_interval=0',
        '',
        '',
      ].join('\n'),
    );
  });
});

describe('parseUapiDevice', () => {
  it('reads a device with its peers', () => {
    const answer = [
      `private_key=${'07'.repeat(32)}`,
      'listen_port=40000',
      'fwmark=4009754625',
      `public_key=${'08'.repeat(32)}`,
      `preshared_key=${'00'.repeat(32)}`,
      'protocol_version=1',
      'endpoint=192.0.2.1:51820',
      'last_handshake_time_sec=1700000000',
      'last_handshake_time_nsec=500000000',
      'tx_bytes=6',
      'rx_bytes=5',
      'persistent_keepalive_interval=25',
      'allowed_ip=10.0.0.0/8',
      'allowed_ip=192.0.2.0/24',
      `public_key=${'09'.repeat(32)}`,
      'endpoint=[2001:db8::1]:1',
      'last_handshake_time_sec=0',
      'last_handshake_time_nsec=0',
      'errno=0',
    ].join('\n');
    const { privateKey, ...device } = parseUapiDevice(answer);
    expect(privateKey?.equals(SecretKey.fromBase64(keyOf(7)))).toBe(true);
    expect(device).toEqual({
      listenPort: 40_000,
      mark: 0xef000001,
      peers: new Map([
        [
          keyOf(8),
          {
            publicKey: keyOf(8),
            endpoint: { address: '192.0.2.1', port: 51_820 },
            keepaliveSeconds: 25,
            allowedPrefixes: [
              { address: '10.0.0.0', length: 8 },
              { address: '192.0.2.0', length: 24 },
            ],
            lastHandshakeMs: 1_700_000_000_500,
            receivedBytes: 5n,
            sentBytes: 6n,
          },
        ],
        [
          keyOf(9),
          {
            publicKey: keyOf(9),
            endpoint: { address: '2001:db8::1', port: 1 },
            keepaliveSeconds: 0,
            allowedPrefixes: [],
            lastHandshakeMs: undefined,
            receivedBytes: 0n,
            sentBytes: 0n,
          },
        ],
      ]),
    });
  });

  it('knows a device without a key', () => {
    const device = parseUapiDevice(`private_key=${'00'.repeat(32)}\nlisten_port=1\nerrno=0`);
    expect(device.privateKey).toBeUndefined();
  });
});
