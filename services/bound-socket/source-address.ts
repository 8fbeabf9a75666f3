import { networkInterfaces } from 'node:os';

import { inNamespace } from './namespace.js';
import { SocketError } from './socket-error.js';
import { isLinkLocal, type Uplink } from './uplink.js';

/**
 * A port without a global IPv6 address would send with that of another port: a matching scope weighs more than the interface (RFC 6724,
 * rules 2 and 5). So there must be one, unless the destination is on the link itself. IPv4 is looked after by openSocket.
 * @throws SocketError EADDRNOTAVAIL
 */
export function requireIpv6Source({ interfaceName, namespace }: Uplink, destination: string): void {
  const addresses = inNamespace(namespace, () => networkInterfaces()[interfaceName] ?? []);
  const isUsable = ({ family, address }: { family: string; address: string }): boolean =>
    family === 'IPv6' && (isLinkLocal(destination) || !isLinkLocal(address));
  if (addresses.some(isUsable)) return;
  throw new SocketError('EADDRNOTAVAIL', `${interfaceName} has no IPv6 address from which to send to ${destination}`);
}
