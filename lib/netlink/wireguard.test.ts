import { describe, expect, it } from '@jest/globals';

import { kernelThatAnswers, messageOf } from './testing.js';
import { SecretKey } from './secret-key.js';
import { MessageWriter } from './wire/message-writer.js';
import {
  formatWireGuardChange,
  readDevice,
  wireGuardChange,
  writersOf,
  type WantedWireGuard,
  type WireGuardChange,
  type WireGuardDevice,
  type WireGuardPeer,
} from './wireguard.js';

const FAMILY = 0x23;
const NETLINK_HEADER_BYTES = 16;
const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');
const secret = (byte: number): SecretKey => {
  const key = SecretKey.fromBase64(keyOf(byte));
  if (key === undefined) throw new Error('no key');
  return key;
};

/** Each message after its netlink header, in hexadecimal. */
function bytesOf(change: WireGuardChange): readonly string[] {
  return writersOf('tn1', change).map((write) => {
    const writer = new MessageWriter();
    write(writer, FAMILY);
    expect(writer.bytes.readUInt16LE(4)).toBe(FAMILY);
    return writer.bytes.subarray(NETLINK_HEADER_BYTES).toString('hex');
  });
}

// By hand from linux/wireguard.h and linux/genetlink.h: command 1, version 1; then attributes as length, type, value.
const SET_TN1 = '01010000' + '0800' + '0200' + '746e3100';

describe('a change of a device', () => {
  it('is key and mark, as the kernel has them', () => {
    expect(bytesOf({ privateKey: secret(7), mark: 0xef000001, peers: [] })).toEqual([
      `${SET_TN1}${'2400' + '0300'}${'07'.repeat(32)}${'0800' + '0700' + '010000ef'}`,
    ]);
  });

  it('is a message for each peer: who it is, where, how often, and what lies behind it', () => {
    const change: WireGuardChange = {
      peers: [
        {
          kind: 'set',
          publicKey: keyOf(9),
          endpoint: { address: '192.0.2.1', port: 51_820 },
          keepaliveSeconds: 25,
          allowedPrefixes: [{ address: '10.0.0.0', length: 8 }],
        },
        { kind: 'remove', publicKey: keyOf(8) },
      ],
    };
    const endpoint = '1400' + '0400' + '0200' + 'ca6c' + 'c0000201' + '00'.repeat(8);
    const keepalive = '0600' + '0500' + '1900' + '0000';
    const prefix =
      '1c00' +
      '0080' +
      '0600' +
      '0100' +
      '0200' +
      '0000' +
      '0800' +
      '0200' +
      '0a000000' +
      '0500' +
      '0300' +
      '08' +
      '000000';
    const peer = `${'2400' + '0100'}${'09'.repeat(32)}${'0800' + '0300' + '02000000'}${endpoint}${keepalive}${'2000' + '0980'}${prefix}`;
    const removed = `${'2400' + '0100'}${'08'.repeat(32)}${'0800' + '0300' + '01000000'}`;
    const listed = (element: string): string => {
      const length = (bytes: number): string => Buffer.from([bytes & 0xff, bytes >> 8]).toString('hex');
      const bytes = element.length / 2;
      return `${SET_TN1}${length(bytes + 8)}0880${length(bytes + 4)}0080${element}`;
    };
    expect(bytesOf(change)).toEqual([listed(peer), listed(removed)]);
  });

  it('is told in words without the key', () => {
    const change: WireGuardChange = {
      privateKey: secret(7),
      mark: 0xef000001,
      peers: [
        {
          kind: 'set',
          publicKey: keyOf(9),
          endpoint: { address: '192.0.2.1', port: 1 },
          keepaliveSeconds: 0,
          allowedPrefixes: [
            { address: '0.0.0.0', length: 0 },
            { address: '192.0.2.7', length: 32 },
          ],
        },
        { kind: 'remove', publicKey: keyOf(8) },
      ],
    };
    expect(formatWireGuardChange(change)).toBe(
      `fwmark 0xef000001 private-key (secret) peer ${keyOf(9)} endpoint 192.0.2.1:1 persistent-keepalive 0 ` +
        `allowed-ips 0.0.0.0/0,192.0.2.7 peer ${keyOf(8)} remove`,
    );
    expect(JSON.stringify(change)).not.toContain(keyOf(7));
    expect(`${String(secret(7))} ${JSON.stringify({ key: secret(7) })}`).toBe('(secret) {"key":"(secret)"}');
  });
});

describe('a device', () => {
  it('is read in one piece from several messages, a peer cut in two among them', () => {
    const prefixOf = (writer: MessageWriter, address: readonly number[], length: number): void => {
      writer.nested(0, () => {
        writer.u16(1, 2);
        writer.bytesAttribute(2, Uint8Array.from(address));
        writer.u8(3, length);
      });
    };
    const handshake = Buffer.alloc(16);
    handshake.writeBigInt64LE(1_700_000_000n, 0);
    handshake.writeBigInt64LE(500_000_000n, 8);
    const first = messageOf(FAMILY, (writer) => {
      writer.raw([0, 1, 0, 0]);
      writer.bytesAttribute(3, Buffer.alloc(32, 7));
      writer.u16(6, 40_000);
      writer.u32(7, 0xef000001);
      writer.nested(8, () => {
        writer.nested(0, () => {
          writer.bytesAttribute(1, Buffer.alloc(32, 9));
          writer.bytesAttribute(4, Buffer.from('0200ca6cc00002010000000000000000', 'hex'));
          writer.u16(5, 25);
          writer.bytesAttribute(6, handshake);
          writer.bytesAttribute(7, Buffer.from('0500000000000000', 'hex'));
          writer.bytesAttribute(8, Buffer.from('0600000000000000', 'hex'));
          writer.nested(9, () => {
            prefixOf(writer, [10, 0, 0, 0], 8);
          });
        });
      });
    });
    const second = messageOf(FAMILY, (writer) => {
      writer.raw([0, 1, 0, 0]);
      writer.nested(8, () => {
        writer.nested(0, () => {
          writer.bytesAttribute(1, Buffer.alloc(32, 9));
          writer.nested(9, () => {
            prefixOf(writer, [192, 0, 2, 0], 24);
          });
        });
      });
    });
    const device = readDevice(kernelThatAnswers([first, second]), FAMILY, 'tn1');
    expect(device?.privateKey?.equals(secret(7))).toBe(true);
    expect({ ...device, privateKey: undefined }).toEqual({
      privateKey: undefined,
      listenPort: 40_000,
      mark: 0xef000001,
      peers: new Map([
        [
          keyOf(9),
          {
            publicKey: keyOf(9),
            endpoint: { address: '192.0.2.1', port: 51_820 },
            keepaliveSeconds: 25,
            lastHandshakeMs: 1_700_000_000_500,
            receivedBytes: 5n,
            sentBytes: 6n,
            allowedPrefixes: [
              { address: '10.0.0.0', length: 8 },
              { address: '192.0.2.0', length: 24 },
            ],
          },
        ],
      ]),
    });
  });
});

describe('what is to change', () => {
  const peer = (byte: number, more: Partial<WireGuardPeer> = {}): WireGuardPeer => ({
    publicKey: keyOf(byte),
    endpoint: { address: '192.0.2.1', port: 1 },
    keepaliveSeconds: 25,
    allowedPrefixes: [{ address: '0.0.0.0', length: 0 }],
    lastHandshakeMs: undefined,
    receivedBytes: 0n,
    sentBytes: 0n,
    ...more,
  });
  const device = (...peers: readonly WireGuardPeer[]): WireGuardDevice => ({
    ...{ privateKey: secret(7), listenPort: 1, mark: 5 },
    peers: new Map(peers.map((each) => [each.publicKey, each])),
  });
  const wanted = (more: Partial<WantedWireGuard> = {}): WantedWireGuard => ({
    ...{ privateKey: secret(7), mark: 5, peers: [peer(1)] },
    ...more,
  });

  it.each<[string, WireGuardDevice, WantedWireGuard, WireGuardChange | undefined]>([
    ['nothing of one that is right', device(peer(1)), wanted(), undefined],
    [
      'nothing of a peer that has moved',
      device(peer(1, { endpoint: { address: '198.51.100.1', port: 9 } })),
      wanted(),
      undefined,
    ],
    ['the mark', { ...device(peer(1)), mark: 0 }, wanted(), { mark: 5, peers: [] }],
    [
      'an endpoint that is not known',
      device(peer(1, { endpoint: undefined })),
      wanted(),
      { peers: [{ kind: 'set', publicKey: keyOf(1), endpoint: { address: '192.0.2.1', port: 1 } }] },
    ],
    [
      'the keepalive alone',
      device(peer(1, { keepaliveSeconds: 0 })),
      wanted(),
      { peers: [{ kind: 'set', publicKey: keyOf(1), keepaliveSeconds: 25 }] },
    ],
    [
      'a peer that goes, before one whose prefixes are others',
      device(peer(1, { allowedPrefixes: [] }), peer(2)),
      wanted(),
      {
        peers: [
          { kind: 'remove', publicKey: keyOf(2) },
          { kind: 'set', publicKey: keyOf(1), allowedPrefixes: [{ address: '0.0.0.0', length: 0 }] },
        ],
      },
    ],
  ])('is %s', (_what, current, goal, change) => {
    expect(wireGuardChange(current, goal)).toEqual(change);
  });

  it('is the key where it is another, or there is none', () => {
    for (const privateKey of [undefined, secret(8)]) {
      const change = wireGuardChange({ ...device(peer(1)), privateKey }, wanted());
      expect(change?.privateKey?.equals(secret(7))).toBe(true);
    }
  });
});
