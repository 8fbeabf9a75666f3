import { expect, it } from '@jest/globals';
import { challengeSegment } from './challenge-segment.js';

const server = { address: '198.51.100.21', port: 7 };
const app = { address: '10.77.0.2', port: 51_000 };

it('writes a SYN with a timestamp, byte for byte', () => {
  expect(challengeSegment(server, app, 0xfedc_ba98).toString('hex')).toBe(
    '45000034000040004006062dc63364150a4d0002' +
      '0007c738fedcba980000000080020400bd7d0000' +
      '0101080a0000000100000000',
  );
});

it.each([0, 1, 0x7fff_ffff, 0xffff_ffff])('has checksums that add up with sequence number %d', (sequence) => {
  const packet = challengeSegment(app, server, sequence);
  const words = (from: number): number => {
    let sum = 0;
    for (let at = from; at < packet.length; at += 2) sum += packet.readUInt16BE(at);
    return sum;
  };
  const folded = (sum: number): number => (sum % 0xffff === 0 ? 0xffff : sum % 0xffff);
  expect(folded(words(0) - words(20))).toBe(0xffff);
  // Addresses, protocol and length stand before the segment (RFC 9293, 3.1).
  expect(folded(words(12) + 6 + packet.length - 20)).toBe(0xffff);
});

it('refuses what is no IPv4 address', () => {
  expect(() => challengeSegment({ address: 'fd00::1', port: 1 }, app, 0)).toThrow(/"fd00::1" is no IPv4 address/);
});
