import { isIPv4 } from 'node:net';

/** An IPv4 network: its first and last address as numbers. */
export interface Ipv4Network {
  readonly text: string;
  readonly prefixLength: number;
  readonly first: number;
  readonly last: number;
}

/** The 32 bit number of a dotted address; undefined where it is none. */
export function ipv4Number(text: string): number | undefined {
  return isIPv4(text) ? text.split('.').reduce((number, byte) => number * 256 + Number(byte), 0) : undefined;
}

/** Dotted form. */
export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
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

/** True where the networks share an address. */
export function overlap(a: Ipv4Network, b: Ipv4Network): boolean {
  return a.first <= b.last && b.first <= a.last;
}
