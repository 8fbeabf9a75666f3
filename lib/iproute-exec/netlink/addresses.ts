import { isIPv4, isIPv6, SocketAddress } from 'node:net';

export const AF_INET = 2;
export const AF_INET6 = 10;

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

/** How `ip` names the family of an address. */
export function familyName(family: number): 'inet' | 'inet6' | undefined {
  if (family === AF_INET) return 'inet';
  return family === AF_INET6 ? 'inet6' : undefined;
}

/** `192.0.2.0/24`, and the address alone where the length is all of it, as `ip` prints prefixes. */
export function prefixText(bytes: Uint8Array, length: number): string {
  const address = addressText(bytes);
  const whole = isIPv6(address) ? 128 : 32;
  return length === whole ? address : `${address}/${length}`;
}
