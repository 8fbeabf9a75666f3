import type { EgressFilter } from '../egress-filter/index.js';
import { applyChanges, type KernelChange } from './changes.js';
import { hasFilters, readEgressFilters } from './egress-filter.js';
import { readForwardingSettings, type ForwardingSettings } from './forwarding-settings.js';
import { readLink, readLinks, type Link } from './link.js';
import { readAddresses, type LinkAddress } from './link-address.js';
import { readNeighbour, readNeighbours, type Neighbour } from './neighbour.js';
import type { NetlinkError } from './netlink-error.js';
import { readRoutes, type Route, type RouteChoice } from './route.js';
import { readRules, type Rule } from './rule.js';
import { withSocket } from './wire/sockets.js';

/**
 * Links, addresses, routes, rules, neighbours, filters and settings of forwarding of one network namespace: read and
 * changed by netlink, in tens of microseconds, without a process. Everything is done when a call returns. Each method
 * throws NetlinkError where the kernel refuses the question, cannot be asked from here, or the namespace is not there.
 */
export class Rtnetlink {
  readonly #namespace: string | undefined;

  /** @param namespace a named network namespace; undefined: the process's own. */
  constructor(namespace?: string) {
    this.#namespace = namespace;
  }

  /** The link of that name or index; undefined where there is none. */
  link(which: string | number): Link | undefined {
    return withSocket('route', this.#namespace, (socket) => readLink(socket, which));
  }

  links(): readonly Link[] {
    return withSocket('route', this.#namespace, readLinks);
  }

  /** Of the link with that index, or of all links. */
  addresses(linkIndex?: number): readonly LinkAddress[] {
    return withSocket('route', this.#namespace, (socket) => readAddresses(socket, linkIndex));
  }

  /** Of all tables and both families, those that are wanted. */
  routes(isWanted?: RouteChoice): readonly Route[] {
    return withSocket('route', this.#namespace, (socket) => readRoutes(socket, isWanted));
  }

  /** IPv4 rules that a `Rule` can say, in their order. */
  rules(): readonly Rule[] {
    return withSocket('route', this.#namespace, readRules);
  }

  /** How IPv4 is forwarded at each link. */
  forwardingSettings(): readonly ForwardingSettings[] {
    return withSocket('route', this.#namespace, readForwardingSettings);
  }

  /** Filters of a preference on what leaves, at every interface. */
  egressFilters(preference: number): readonly EgressFilter[] {
    return withSocket('route', this.#namespace, (socket) => readEgressFilters(socket, preference));
  }

  /** Whether an interface has filters left, of whomever. False where it is not there. */
  hasFilters(interfaceName: string): boolean {
    return withSocket('route', this.#namespace, (socket) => {
      const link = readLink(socket, interfaceName);
      return link !== undefined && hasFilters(socket, link.index);
    });
  }

  neighbours(): readonly Neighbour[] {
    return withSocket('route', this.#namespace, readNeighbours);
  }

  /** Undefined where nobody has asked for it lately, or there is no such link. */
  neighbour(interfaceName: string, address: string): Neighbour | undefined {
    return withSocket('route', this.#namespace, (socket) => {
      const link = readLink(socket, interfaceName);
      return link === undefined ? undefined : readNeighbour(socket, link.index, address);
    });
  }

  /** Makes the changes in order; answers why the kernel refused each, or undefined. */
  apply(changes: readonly KernelChange[]): readonly (NetlinkError | undefined)[] {
    return applyChanges(changes, this.#namespace);
  }
}
