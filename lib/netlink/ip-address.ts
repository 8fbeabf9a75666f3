import { isIPv4, isIPv6, SocketAddress } from 'node:net';

export const AF_INET = 2;
export const AF_INET6 = 10;

export type IpFamily = 'inet' | 'inet6';

/** A network by its address and the length of its prefix in bits. A length of 0: everywhere, the default route's. */
export interface Prefix {
  readonly address: string;
  readonly length: number;
}

/** An IPv4 or IPv6 address of 4 or 16 bytes as text. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => {
    const [high = 0, low = 0] = bytes.subarray(index * 2, index * 2 + 2);
    return (high * 256 + low).toString(16);
  });
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

/** The 4 bytes of an IPv4 address; undefined where the text is none. */
export function ipv4Bytes(text: string): Uint8Array | undefined {
  return isIPv4(text) ? Uint8Array.from(text.split('.'), Number) : undefined;
}

/** The 4 or 16 bytes of an address. @throws RangeError where the text is none. */
export function addressBytes(text: string): Uint8Array {
  const bytes = ipv4Bytes(text) ?? (isIPv6(text) ? ipv6Bytes(text) : undefined);
  if (bytes === undefined) throw new RangeError(`${JSON.stringify(text)} is no IP address`);
  return bytes;
}

function ipv6Bytes(text: string): Uint8Array {
  const [address = ''] = text.split('%');
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string | undefined, low: string | undefined) => (Number(high) * 256 + Number(low)).toString(16);
  const plain =
    dotted === null ? address : `${dotted[1] ?? ''}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...new Array<number>(zeros).fill(0), ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

export function familyOf(address: string): IpFamily {
  return isIPv6(address) ? 'inet6' : 'inet';
}

export function familyNumber(family: IpFamily): number {
  return family === 'inet' ? AF_INET : AF_INET6;
}

/** The family by the kernel's number; undefined for one that is not IP. */
export function familyName(family: number): IpFamily | undefined {
  if (family === AF_INET) return 'inet';
  return family === AF_INET6 ? 'inet6' : undefined;
}

/** The prefix that holds every address of a family. */
export function everywhere(family: IpFamily): Prefix {
  return { address: family === 'inet' ? '0.0.0.0' : '::', length: 0 };
}

/** A prefix as the kernel tells it: an attribute that is not there stands for everywhere. */
export function prefixIn(family: IpFamily, bytes: Uint8Array | undefined, length: number): Prefix {
  return bytes === undefined ? everywhere(family) : { address: addressText(bytes), length };
}

export function samePrefix(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && a.address === b.address;
}

/**
 * `192.0.2.0/24`, the address alone where the length is all of it, and `default` for everywhere, as `ip route` prints.
 */
export function formatPrefix({ address, length }: Prefix): string {
  if (length === 0) return 'default';
  return length === (isIPv6(address) ? 128 : 32) ? address : `${address}/${length}`;
}
