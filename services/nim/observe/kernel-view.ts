import {
  isDefaultRoute,
  missingPort,
  type ObservedAddress,
  type ObservedRoute,
  type PortObservation,
} from '../../../lib/decision/snapshot/index.js';
import type { Link, Rtnetlink } from '../../../lib/netlink/index.js';
import { isOfInterest, linkStateOf, macAddressOf, observedAddresses, routesByInterface } from './kernel-reading.js';
import type { ReadScope } from './read-scope.js';
import type { ServersOfLease } from './lease-servers.js';

/** The part of Rtnetlink that is used. */
export type KernelReader = Pick<Rtnetlink, 'link' | 'addresses' | 'routes'>;

/** What was last read of an interface. */
export interface InterfaceView {
  /** Nothing has been read yet. */
  readonly isUnread: boolean;
  /** Undefined: the kernel has none of that name. */
  readonly link: Link | undefined;
  readonly addresses: readonly ObservedAddress[];
  readonly routes: readonly ObservedRoute[];
}

/** What was last read of the kernel, by name of the interfaces that are watched. */
export type KernelView = ReadonlyMap<string, InterfaceView>;

const missing: InterfaceView = { isUnread: false, link: undefined, addresses: [], routes: [] };
const unread: InterfaceView = { ...missing, isUnread: true };

/** The view of these interfaces; what is known of those that were watched before is kept. */
export function watch(view: KernelView, interfaceNames: Iterable<string>): KernelView {
  return new Map(Array.from(interfaceNames, (name) => [name, view.get(name) ?? unread]));
}

/**
 * The view with the links of a scope read, and of those the addresses that it asks for, or that are not known yet.
 * @throws NetlinkError
 */
export function readInterfaces(
  kernel: KernelReader,
  view: KernelView,
  { links, addresses }: Pick<ReadScope, 'links' | 'addresses'>,
): KernelView {
  if (links.size === 0) return view;
  const now = new Map(view);
  for (const name of links) {
    const before = view.get(name);
    if (before !== undefined) now.set(name, readInterface(kernel, name, before, addresses.has(name)));
  }
  return now;
}

/** Addresses and routes go with a link; another one of the same name does not inherit them. */
function readInterface(
  kernel: KernelReader,
  name: string,
  before: InterfaceView,
  withAddresses: boolean,
): InterfaceView {
  const link = kernel.link(name);
  // The kernel finds links by their alternative names, too.
  if (link?.name !== name) return missing;
  if (before.link?.index === link.index && !withAddresses) return { ...before, link };
  const addresses = observedAddresses(kernel.addresses(link.index));
  return { isUnread: false, link, addresses, routes: before.link?.index === link.index ? before.routes : [] };
}

/** The view with the routes of all interfaces that are there read. @throws NetlinkError */
export function readRoutes(kernel: KernelReader, view: KernelView): KernelView {
  const watched = new Set(Array.from(view.values(), ({ link }) => link?.index));
  // A host with hundreds of bridges has hundreds of routes that are none of a port.
  const listed = kernel.routes((header, linkIndex) => {
    if (!isOfInterest(header)) return false;
    const index = linkIndex();
    return index === undefined || watched.has(index);
  });
  const routes = routesByInterface(listed, new Set(view.keys()));
  return new Map(
    Array.from(view, ([name, one]) => [
      name,
      one.link === undefined ? one : { ...one, routes: routes.get(name) ?? [] },
    ]),
  );
}

/**
 * The view of one interface as an observation. `gateway`: the one that the configuration names; it counts where the
 * kernel has no default route.
 */
export function observationOf(
  { link, addresses, routes }: InterfaceView,
  { nameServers, ntpServers }: ServersOfLease,
  gateway?: string,
): PortObservation {
  if (link === undefined) return missingPort;
  return {
    kind: 'present',
    link: linkStateOf(link),
    index: link.index,
    macAddress: macAddressOf(link),
    mtu: link.mtu,
    addresses,
    routes: gateway === undefined || routes.some(isDefaultRoute) ? routes : [configuredRoute(gateway), ...routes],
    dnsServers: nameServers,
    ...(ntpServers.length === 0 ? {} : { ntpServers }),
  };
}

/** The default route that zedrouter makes of a gateway that the configuration names, in the port's own table. */
function configuredRoute(gateway: string): ObservedRoute {
  const destination = { address: '0.0.0.0', prefixLength: 0 };
  return { destination, gateway, source: undefined, metric: 0, isOnLink: false };
}
