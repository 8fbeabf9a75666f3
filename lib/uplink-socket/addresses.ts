import { isIP, isIPv6, SocketAddress } from 'node:net';

import { SocketError } from './socket-error.js';
import type { IpFamily } from './uplink.js';

/**
 * The family of an address.
 * @throws SocketError EINVAL for names: Node would look them up, by the system's resolver and over any port
 */
export function familyOf(address: string): IpFamily {
  const family = isIP(address);
  if (family === 4 || family === 6) return family;
  throw new SocketError('EINVAL', `${JSON.stringify(address)} is no IP address`);
}

/** RFC 5952, without a zone: equal for addresses that are the same. What is no address stays as it is. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

/** True for addresses that mean something on one link only (RFC 4291, 2.5.6). */
export function isLinkLocal(address: string): boolean {
  return isIPv6(address) && /^fe[89ab]/i.test(address);
}
