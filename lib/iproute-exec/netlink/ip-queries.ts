import type { IpAnswer } from '../read-unit.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { readAddresses, type AddressObject } from './read-addresses.js';
import { readLink, readLinks, type LinkObject } from './read-links.js';
import { readRoutes } from './read-routes.js';
import { readRules } from './read-rules.js';

/** Reads what one query asks for, in the words of its answer by `ip -j -d -N`. */
export type NetlinkQuery = (socket: NetlinkSocket) => IpAnswer;

/** The query that these words of `ip` stand for; undefined where netlink is not taught to answer it. */
export function netlinkQuery(command: readonly string[]): NetlinkQuery | undefined {
  const [object, action, ...rest] = command;
  if (action !== 'show') return undefined;
  switch (object) {
    case 'link':
      return linkQuery(rest);
    case 'addr':
    case 'address':
      return addressQuery(rest);
    case 'route':
      return routeQuery(rest);
    case 'rule':
      return rest.length === 0 ? readRules : undefined;
    default:
      return undefined;
  }
}

function linkQuery([key, name, ...rest]: readonly string[]): NetlinkQuery | undefined {
  if (key !== 'dev' || name === undefined || rest.length > 0) return undefined;
  return (socket) => {
    const link = readLink(socket, name);
    return link === undefined ? undefined : [link];
  };
}

function addressQuery([key, value, ...rest]: readonly string[]): NetlinkQuery | undefined {
  if (value === undefined || rest.length > 0) return undefined;
  if (key === 'dev') {
    return (socket) => {
      const link = readLink(socket, value);
      return link === undefined ? undefined : withAddresses([link], readAddresses(socket, link.ifindex));
    };
  }
  if (key !== 'type') return undefined;
  return (socket) =>
    withAddresses(
      readLinks(socket).filter(({ linkinfo }) => linkinfo?.info_kind === value),
      readAddresses(socket),
    );
}

/** Of all tables: the default routes, or those of one protocol by number. */
function routeQuery([table, all, key, value, ...rest]: readonly string[]): NetlinkQuery | undefined {
  if (table !== 'table' || all !== 'all' || rest.length > 0) return undefined;
  if (key === 'default' && value === undefined) {
    return (socket) => readRoutes(socket, ({ destinationLength }) => destinationLength === 0);
  }
  if (key !== 'proto' || !/^\d{1,3}$/.test(value ?? '')) return undefined;
  return (socket) => readRoutes(socket, ({ protocol }) => protocol === Number(value));
}

function withAddresses(links: readonly LinkObject[], addresses: readonly AddressObject[]): IpAnswer {
  const byLink = new Map<number, AddressObject[]>();
  for (const address of addresses) {
    const others = byLink.get(address.index);
    if (others === undefined) byLink.set(address.index, [address]);
    else others.push(address);
  }
  return links.map((link) => ({ ...link, addr_info: byLink.get(link.ifindex) ?? [] }));
}
