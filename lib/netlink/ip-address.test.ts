import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { addressBytes, addressText, everywhere, familyOf, formatPrefix, prefixIn, samePrefix } from './ip-address.js';

describe('addresses', () => {
  it.each([
    ['192.0.2.1', 'c0000201'],
    ['::', '00'.repeat(16)],
    ['::1', '00'.repeat(15) + '01'],
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['fe80::1:0:0:1', 'fe800000000000000001000000000001'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ])('%s is %s, and back', (text, hex) => {
    expect(Buffer.from(addressBytes(text)).toString('hex')).toBe(hex);
    expect(addressText(Buffer.from(hex, 'hex'))).toBe(text);
    expect(familyOf(text)).toBe(hex.length === 8 ? 'inet' : 'inet6');
  });

  it.each([
    ['FE80::A%eth0', 'fe80::a'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is also written %s', (text, canonical) => {
    expect(addressText(addressBytes(text))).toBe(canonical);
  });

  it.each(['', 'ship.example', '192.0.2', '192.0.2.256', '2001:db8::1::', '192.0.2.1/24'])('%j is none', (text) => {
    expect(() => addressBytes(text)).toThrow('is no IP address');
  });

  it.each([4, 16])('of %d bytes survive being written and read', (length) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (bytes) => {
        const text = addressText(bytes);
        expect([...addressBytes(text)]).toEqual([...bytes]);
        expect(addressText(addressBytes(text))).toBe(text);
      }),
    );
  });

  it('of any IPv6 spelling are read', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        expect(addressBytes(text)).toHaveLength(16);
      }),
    );
  });
});

describe('prefixes', () => {
  it.each([
    [{ address: '192.0.2.0', length: 24 }, '192.0.2.0/24'],
    [{ address: '192.0.2.7', length: 32 }, '192.0.2.7'],
    [{ address: 'fd00::', length: 32 }, 'fd00::/32'],
    [{ address: 'fd00::1', length: 128 }, 'fd00::1'],
    [everywhere('inet'), 'default'],
    [everywhere('inet6'), 'default'],
  ])('%j is written %s', (prefix, text) => {
    expect(formatPrefix(prefix)).toBe(text);
  });

  it('are the same by address and length', () => {
    const one = { address: '192.0.2.0', length: 24 };
    expect(samePrefix(one, { ...one })).toBe(true);
    expect(samePrefix(one, { ...one, length: 25 })).toBe(false);
    expect(samePrefix(one, { ...one, address: '192.0.3.0' })).toBe(false);
    expect(prefixIn('inet', undefined, 0)).toEqual(everywhere('inet'));
  });
});
