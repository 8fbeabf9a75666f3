import type { Prefix } from '../../../lib/netlink/index.js';

/** The 32 bit number of a dotted address. The address must be valid: configuration and kernel see to that. */
export function addressNumber(address: string): number {
  return address.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);
}

/** The dotted form of a 32 bit number. */
export function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}

/** The network of an address, e.g. of `192.0.2.7` and 24: `192.0.2.0` and 24. */
export function networkOf(address: string, prefixLength: number): Prefix {
  const mask = prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
  return { address: addressText((addressNumber(address) & mask) >>> 0), length: prefixLength };
}
