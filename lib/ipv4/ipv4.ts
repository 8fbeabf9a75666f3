import { isIPv4 } from 'node:net';

/** Addresses from the first to the last, as numbers. */
export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

/** An IPv4 network. */
export interface Ipv4Network extends Ipv4Range {
  readonly text: string;
  readonly prefixLength: number;
}

/** The 32 bit number of a dotted address; undefined where it is none. */
export function ipv4Number(text: string): number | undefined {
  return isIPv4(text) ? addressNumber(text) : undefined;
}

/** Dotted form. */
export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}

/** The 32 bit number of an address that is known to be one: configuration and kernel see to that. */
export function addressNumber(address: string): number {
  return address.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);
}

/** The 32 bits of a netmask. */
export function ipv4Mask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

/** The network of an address, e.g. of `192.0.2.7` and 24: `192.0.2.0` and 24. */
export function networkOf(
  address: string,
  prefixLength: number,
): { readonly address: string; readonly length: number } {
  return { address: ipv4Text((addressNumber(address) & ipv4Mask(prefixLength)) >>> 0), length: prefixLength };
}

/** A network in CIDR form, host bits zero; undefined where it is none. */
export function ipv4Network(text: string): Ipv4Network | undefined {
  const [address = '', length = ''] = text.split('/');
  const number = ipv4Number(address);
  if (number === undefined || !/^\d{1,2}$/.test(length) || text.split('/').length !== 2) return undefined;
  const prefixLength = Number(length);
  if (prefixLength > 32) return undefined;
  const size = 2 ** (32 - prefixLength);
  if (number % size !== 0) return undefined;
  return { text: address, prefixLength, first: number, last: number + size - 1 };
}

/** True where the ranges share an address. */
export function overlap(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}
