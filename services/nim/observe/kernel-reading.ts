import { isPortTable } from '../../../lib/dataplane-layout/index.js';
import type { LinkState, ObservedAddress } from '../../../lib/decision/snapshot/index.js';
import { familyOf, type Link, type LinkAddress, type Route } from '../../../lib/netlink/index.js';

/**
 * The carrier is that of all kinds of links, not the operational state: modems and tunnels leave it at UNKNOWN
 * (Documentation/networking/operstates.rst of Linux). Where the kernel does not send over it yet, it is none: what is
 * sent meanwhile is dropped.
 */
export function linkStateOf({ isUp, hasLowerUp, isNotRunning }: Link): LinkState {
  if (!isUp) return 'admin-down';
  return hasLowerUp && !isNotRunning ? 'up' : 'no-carrier';
}

/** `02:16:3e:06:00:01` */
const MAC_ADDRESS_LENGTH = 17;

/** Empty where the link's hardware address is none of Ethernet's (EUI-48), as that of a tunnel. */
export function macAddressOf({ macAddress }: Link): string {
  return macAddress?.length === MAC_ADDRESS_LENGTH ? macAddress : '';
}

/** The IPv4 addresses of global scope, in the kernel's order. */
export function observedAddresses(addresses: readonly LinkAddress[]): readonly ObservedAddress[] {
  return addresses
    .filter(({ family, scope }) => family === 'inet' && scope === 'global')
    .map(({ address, prefixLength }) => ({ address, prefixLength }));
}

/**
 * IPv4 next hops of default routes by interface name, best metric first, each once. The tables of ports are left out:
 * they are made from this.
 */
export function gatewaysByInterface(routes: readonly Route[]): ReadonlyMap<string, readonly string[]> {
  const gateways = new Map<string, readonly string[]>();
  const defaults = routes
    .filter(({ destination, type, table }) => destination.length === 0 && type === 'unicast' && !isPortTable(table))
    .sort((a, b) => a.metric - b.metric);
  for (const route of defaults) {
    for (const { dev, gateway } of route.nextHops.length > 0 ? route.nextHops : [route]) {
      if (dev === undefined || gateway === undefined || familyOf(gateway) === 'inet6') continue;
      const known = gateways.get(dev) ?? [];
      if (!known.includes(gateway)) gateways.set(dev, [...known, gateway]);
    }
  }
  return gateways;
}
