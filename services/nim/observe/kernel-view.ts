import { missingPort, type ObservedAddress, type PortObservation } from '../../../lib/decision/snapshot/index.js';
import type { Link, Rtnetlink } from '../../../lib/netlink/index.js';
import { gatewaysByInterface, linkStateOf, macAddressOf, observedAddresses } from './kernel-reading.js';
import type { ReadScope } from './read-scope.js';

/** The part of Rtnetlink that is used. */
export type KernelReader = Pick<Rtnetlink, 'link' | 'addresses' | 'routes'>;

/** What was last read of an interface. */
export interface InterfaceView {
  /** Nothing has been read yet. */
  readonly isUnread: boolean;
  /** Undefined: the kernel has none of that name. */
  readonly link: Link | undefined;
  readonly addresses: readonly ObservedAddress[];
  readonly gateways: readonly string[];
}

/** What was last read of the kernel, by name of the interfaces that are watched. */
export type KernelView = ReadonlyMap<string, InterfaceView>;

const missing: InterfaceView = { isUnread: false, link: undefined, addresses: [], gateways: [] };
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
  return { isUnread: false, link, addresses, gateways: before.link?.index === link.index ? before.gateways : [] };
}

/** The view with the gateways of all interfaces that are there read. @throws NetlinkError */
export function readGateways(kernel: KernelReader, view: KernelView): KernelView {
  const gateways = gatewaysByInterface(kernel.routes(({ destinationLength }) => destinationLength === 0));
  return new Map(
    Array.from(view, ([name, one]) => [
      name,
      one.link === undefined ? one : { ...one, gateways: gateways.get(name) ?? [] },
    ]),
  );
}

/** The view of one interface as an observation. */
export function observationOf(
  { link, addresses, gateways }: InterfaceView,
  dnsServers: readonly string[],
): PortObservation {
  if (link === undefined) return missingPort;
  return {
    kind: 'present',
    link: linkStateOf(link),
    index: link.index,
    macAddress: macAddressOf(link),
    addresses,
    gateways,
    dnsServers,
  };
}
