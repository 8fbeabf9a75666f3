import { networkInterfaces } from 'node:os';

import { inNamespace } from '../libc/index.js';
import { isLinkLocal } from './addresses.js';
import { SocketError, withSocketErrors } from './socket-error.js';
import type { IpFamily, Uplink } from './uplink.js';

/**
 * A port without a global IPv6 address would send with that of another port: a matching scope weighs more than the
 * interface (RFC 6724, rules 2 and 5). So there must be one, unless the destination is on the link itself. IPv4 is
 * looked after by openSocket.
 * @throws SocketError EADDRNOTAVAIL
 */
export function requireIpv6Source(uplink: Uplink, destination: string): void {
  const own = addressesOf(uplink).filter(({ family }) => family === 'IPv6');
  if (own.some(({ address }) => isLinkLocal(destination) || !isLinkLocal(address))) return;
  throw new SocketError(
    'EADDRNOTAVAIL',
    `${uplink.interfaceName} has no IPv6 address from which to send to ${destination}`,
  );
}

/** The families in which a port can send beyond its own link. */
export function sourceFamilies(uplink: Uplink): readonly IpFamily[] {
  const own = addressesOf(uplink).filter(({ address }) => !isLinkLocal(address));
  return ([4, 6] as const).filter((family) => own.some((each) => each.family === `IPv${family}`));
}

function addressesOf({
  interfaceName,
  namespace,
}: Uplink): readonly { readonly family: string; readonly address: string }[] {
  return withSocketErrors(() => inNamespace(namespace, () => networkInterfaces()[interfaceName] ?? []));
}
