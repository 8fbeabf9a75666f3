import { parseAddresses, parseLinks, parseRoutes, type IpAnswer, type IpLink } from 'iproute-exec';

import type { LinkState, ObservedAddress } from '../../../lib/decision/snapshot/index.js';

/** What `ip -j link show dev NAME` says of an interface. */
export type LinkReading =
  | { readonly kind: 'missing' }
  /** ip took the name for another interface: it remembers indexes, and this one was renamed or replaced. */
  | { readonly kind: 'another-interface' }
  | { readonly kind: 'present'; readonly index: number; readonly link: LinkState; readonly macAddress: string };

/** Whether a routing table is zedrouter's: the default routes in there are made from what is read here. */
export function isOwnTable(table: number): boolean {
  return table >= 500 && table <= 599;
}

/** Reads the answer to `link show dev NAME`. */
export function readLink(answer: IpAnswer, interfaceName: string): LinkReading {
  const [link] = parseLinks(answer);
  if (link === undefined) return { kind: 'missing' };
  if (link.ifname !== interfaceName) return { kind: 'another-interface' };
  const isMac = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(link.address ?? '');
  return {
    kind: 'present',
    index: link.ifindex,
    link: linkStateOf(link),
    macAddress: isMac ? (link.address ?? '') : '',
  };
}

/**
 * LOWER_UP is the carrier, for all kinds of links; operstate is not: modems and tunnels leave it at UNKNOWN
 * (Documentation/networking/operstates.rst of Linux). NO-CARRIER beside it says that the kernel does not send yet: after a carrier came
 * back it takes up to a second until the queues are in service (net/core/link_watch.c), and what is sent meanwhile is dropped. An
 * interface that waits for 802.1X (DORMANT) shows the same.
 */
function linkStateOf({ flags }: IpLink): LinkState {
  if (!flags.includes('UP')) return 'admin-down';
  return flags.includes('LOWER_UP') && !flags.includes('NO-CARRIER') ? 'up' : 'no-carrier';
}

/** Reads the answer to `addr show dev NAME`: IPv4 addresses of global scope, in the kernel's order. */
export function readAddresses(answer: IpAnswer, interfaceName: string): readonly ObservedAddress[] {
  return parseAddresses(answer)
    .filter(({ ifname }) => ifname === interfaceName)
    .flatMap(({ addresses }) => addresses)
    .filter(({ family, scope }) => family === 'inet' && scope === 'global')
    .map(({ local, prefixlen }) => ({ address: local, prefixLength: prefixlen }));
}

/** Reads the answer to `route show table all default`: IPv4 next hops by interface, best metric first, each once. */
export function readGateways(answer: IpAnswer): ReadonlyMap<string, readonly string[]> {
  const gateways = new Map<string, readonly string[]>();
  const routes = parseRoutes(answer)
    .filter(({ dst, type, table }) => dst === 'default' && type === 'unicast' && !isOwnTable(table))
    .sort((a, b) => a.metric - b.metric);
  for (const route of routes) {
    for (const { dev, gateway } of route.nexthops.length > 0 ? route.nexthops : [route]) {
      if (dev === undefined || gateway === undefined || gateway.includes(':')) continue;
      const known = gateways.get(dev) ?? [];
      if (!known.includes(gateway)) gateways.set(dev, [...known, gateway]);
    }
  }
  return gateways;
}
