import { isIPv6, SocketAddress } from 'node:net';

/** A port of the device as a place to send from. */
export interface Uplink {
  /** Name in the kernel, e.g. `eth0`. */
  readonly interfaceName: string;
  /** A named network namespace (ip-netns(8)); undefined: that of this process. For tests. */
  readonly namespace?: string | undefined;
}

/** 4 or 6, as in IPv4 and IPv6. */
export type IpFamily = 4 | 6;

/** How long something may take, and who may end it early. */
export interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The family of an address. */
export function familyOf(address: string): IpFamily {
  return isIPv6(address) ? 6 : 4;
}

/** RFC 5952, without a zone: equal for addresses that are the same. What is no address stays as it is. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

/** True for addresses that mean something on one link only (RFC 4291, 2.5.6). */
export function isLinkLocal(address: string): boolean {
  return isIPv6(address) && /^fe[89ab]/i.test(address);
}
