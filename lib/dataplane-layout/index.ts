/*
 * What of ours is called what in the kernel: protocol, tables, preferences, the nft table and those of its sets that
 * more than one service reads, and the marks. NIM and zedrouter both import it; a change here needs an upgrade path,
 * for a running kernel holds the old names.
 *
 * A packet's mark names the ranking that its network instance follows: 0xe, by which it is known as ours, then one
 * hexadecimal digit a port, the port in use first, so 0xe0000012 reads "port 1, then port 2".
 * Marks without the 0xe are somebody else's. A flow's conntrack mark names the port and network instance it began on:
 * 0xe, a digit of the static route, two of port number, another one of the static route (both 0: the default route),
 * three of network instance number.
 *
 * Marks that begin with 0xef1 are of tunnels, since no port has the number 15: 0xef10 and the network instance's number
 * is what a tunnel sends outside, and its flow; 0xef11 and the number is what apps send into it. 0xef00 and 0xef2 to
 * 0xef9 are of packets that stay on a port.
 */

/** Route and rule protocol number by which we know our own. */
export const PROTOCOL = 229;
/** Table of the network instances' subnets: the way back to the apps, found before any ranking. */
export const SUBNET_TABLE = 499;
/** The kernel's main table (linux/rtnetlink.h, RT_TABLE_MAIN). */
export const MAIN_TABLE = 254;

/** Preferences of our rules. EVE's own numbers where it has one. */
export const PREFERENCE = {
  subnets: 9000,
  /** Flows of static routes that stay on a port which their route has left. */
  staying: 9030,
  /** What an app itself sends that is the next hop of everybody's default route. */
  routerApp: 9040,
  /** The same: what has no other route of its own goes by the ranking. */
  routerAppRanking: 9041,
  /** A network instance's own routes, before its ranking. */
  ownRoutes: 9050,
  /** Rankings by mark: 9100 the port in use, 9101 the next one, and so on. */
  ranking: 9100,
  rankingUnreachable: 9199,
  /** A packet with a mark of ours whose ranking is unknown goes on to `source`. */
  marked: 9200,
  /** What comes in by a bridge without a mark of ours, because the nft table is missing, ends here. */
  unmarked: 9210,
  /** The device's own packets with a bridge's address lead nowhere but to the apps. */
  bridgeAddress: 9220,
  /** The same by source address, one chain a network instance (EVE: 10000). */
  source: 10000,
  sourceUnreachable: 10009,
  /** The device's own traffic inside a tunnel, which never leaves by anything else. */
  tunnel: 14700,
  /** The device's own traffic: what a port's subnet says, where another port has the same one. */
  portSubnet: 14800,
  /** The device's own traffic: what the host's main table says of particular networks. */
  hostNetworks: 14900,
  /** The device's own traffic that is bound to a port (EVE: 15000). */
  port: 15000,
  /** Names that are asked for over a port which leads nowhere now, in the main table neither (32766). */
  deadEnd: 33000,
} as const;

/** Preference of our filters on what leaves by a port; by it they are known as ours. */
export const EGRESS_FILTER_PREFERENCE = 22_900;

export const NFT_FAMILY = 'inet';
export const NFT_TABLE = 'eve_uplink';
/** Sets whose elements count what apps send, and receive, over each port: keys are the ports' interfaces. */
export const PORT_UP_SET = 'port_up';
export const PORT_DOWN_SET = 'port_down';
/** The same of TCP alone: beginnings of connections and segments with data that apps send; data that they receive. */
export const TCP_OPEN_SET = 'tcp_open';
export const TCP_UP_SET = 'tcp_up';
export const TCP_DOWN_SET = 'tcp_down';

/** Ports have one hexadecimal digit in a ranking; 0 ends it and 0xf means "no port". */
export const MAX_PORT_NUMBER = 14;
/** Network instances have 16 bits in a flow mark; 4,000 is what was measured to work with room to spare. */
export const MAX_NI_NUMBER = 4000;
/** By the upper four bits a mark is known as ours, of a packet and of a flow. */
export const OURS_MASK = 0xf0000000;
export const OURS = 0xe0000000;
/** Seven digits, below the one that says whose mark it is. */
export const MAX_ARMED_PORTS = 7;
const RANKING_DIGITS = 0x0fffffff;
/** All of a packet's mark says which ranking it is. */
export const RANKING_MASK = 0xffffffff;
/** The ranking of a network instance that may use no port now. */
export const NO_PORT_RANKING = 0xe000000f;
/** The ranking of one port alone, ahead of the static routes; of no ranking, for no port has the digit 0xf. */
const STAYING = 0xef000000;
/** Of a packet that comes back to an app: no ranking, and ours. */
export const ANSWER_MARK = OURS;

export const FLOW_PORT_MASK = 0xf0ff0000;
/** Network instance and static route. */
export const FLOW_NI_MASK = 0xff00ffff;
/** All flows of a network instance, those of its static routes, too. */
export const FLOW_INSTANCE_MASK = 0xf0000fff;
/** Network instance, static route and port: all of it. */
export const FLOW_MASK = 0xffffffff;

/** The mark of a ranking; ports beyond the seventh are not armed. */
export function rankingMark(portNumbers: readonly number[]): number {
  if (portNumbers.length === 0) return NO_PORT_RANKING;
  return OURS + portNumbers.slice(0, MAX_ARMED_PORTS).reduce((mark, port) => mark * 16 + port, 0);
}

/** The port numbers of a ranking mark, the port in use first. Reads those of 0.1.0, too, which lack the 0xe. */
export function rankedPortNumbers(mark: number): readonly number[] {
  const digits = mark & RANKING_DIGITS;
  if (digits === 0 || digits === (NO_PORT_RANKING & RANKING_DIGITS)) return [];
  return Array.from(digits.toString(16), (digit) => Number.parseInt(digit, 16));
}

/** The mark of packets that stay on a port, whatever route leads to where they go. */
export function stayingMark(portNumber: number): number {
  return STAYING + portNumber;
}

/**
 * Of packets that stay on a port and go by a router there, not by the port's default route: four bits of port number
 * below as many of the router's address as a mark has room for.
 */
const STAYING_BY_ROUTER = { mark: 0xef200000, table: 229_100_000, portBits: 4, most: 0x7fffff } as const;
const ROUTER_BITS = STAYING_BY_ROUTER.most >> STAYING_BY_ROUTER.portBits;

/** What a router is known by, of its address, a 32 bit number: no two in a network of 2^19 addresses share it. */
export function routerBits(address: number): number {
  return address & ROUTER_BITS;
}

/** The mark of packets that stay on a port and go by that router (`routerBits`), and the table that it asks. */
export function stayingByRouter(portNumber: number, router: number): { readonly mark: number; readonly table: number } {
  const number = (router << STAYING_BY_ROUTER.portBits) | portNumber;
  return { mark: STAYING_BY_ROUTER.mark + number, table: STAYING_BY_ROUTER.table + number };
}

/** The number of static routes that lead to an app, whose flows nobody need tell apart: they leave by no port. */
export const APP_ROUTES = 15;
/** So many static routes of a network instance have numbers, and flows of their own. */
export const MOST_ROUTE_NUMBERS = 14 + 13 * 16;

/** The number of a static route, by its position among those that lead by ports: 0 to MOST_ROUTE_NUMBERS - 1. */
export function routeNumber(position: number): number {
  return position + (position + 1 < APP_ROUTES ? 1 : 2);
}

/**
 * Flows of a network instance's own routes bear another number than its others, so that they stay where they are when
 * it moves; also the realm of those routes, by which they are known. `route`: `routeNumber`, or APP_ROUTES; 0: the
 * default route.
 */
export function routeFlowNumber(niNumber: number, route: number): number {
  return ((route >>> 4) << 24) | ((route & 0xf) << 12) | niNumber;
}

/** The conntrack mark of flows of a network instance over a port. */
export function flowMark(portNumber: number, niNumber: number): number {
  return (OURS | (portNumber << 16) | niNumber) >>> 0;
}

/** The conntrack mark of a flow that came in by a port and has no owner yet. */
export function portMark(portNumber: number): number {
  return flowMark(portNumber, 0);
}

/** The port that a flow's mark names. */
export function portOfMark(mark: number): number {
  return (mark >>> 16) & 0xff;
}

/** What stands for "inside the tunnel" where a flow's mark has the number of its port. */
export const TUNNEL_PORT_NUMBER = 0x20;
const TUNNEL_OUTER = 0xef100000;
const TUNNEL_INNER = 0xef110000;
/** By these bits the packets, and the flow, that a tunnel sends outside are known. */
export const TUNNEL_MARK_MASK = 0xffff0000;
export const TUNNEL_OUTER_MARK = TUNNEL_OUTER;

/** The mark that the tunnel of a network instance gives what it sends outside. */
export function tunnelOuterMark(niNumber: number): number {
  return (TUNNEL_OUTER | niNumber) >>> 0;
}

/** The number of the network instance whose tunnel gives this mark. */
export function tunnelOfMark(mark: number): number {
  return mark & ~TUNNEL_MARK_MASK;
}

/** The mark of what the apps of a network instance send into its tunnel, in place of a ranking. */
export function tunnelInnerMark(niNumber: number): number {
  return (TUNNEL_INNER | niNumber) >>> 0;
}

/** Whether what stands for a ranking says that all goes into a tunnel. */
export function isTunnelInnerMark(mark: number): boolean {
  return (mark & TUNNEL_MARK_MASK) >>> 0 === TUNNEL_INNER;
}

/** The name of a network instance's tunnel device. */
export function tunnelName(niNumber: number): string {
  return `tn${niNumber}`;
}

/** The number of the network instance whose tunnel device has this name; undefined: it is the name of none. */
export function tunnelNumber(interfaceName: string): number | undefined {
  const digits = /^tn(\d+)$/.exec(interfaceName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The routing tables that are kept for ports, both ends included. 500 and up are the ports' tables in EVE, too. */
const PORT_TABLES = { first: 500, last: 599 } as const;

/**
 * Where what is asked of name servers over a port ends while the port leads nowhere: the kernel would take the server
 * to be on the link, and nobody would hear that it is not. Counts as a port's table.
 */
export const DEAD_END_TABLE = PORT_TABLES.last;
/** The realm of its routes: of no static route, for no network instance has this number. */
export const DEAD_END_REALM = 0xfff;

/** The routing table of a port. */
export function portTable(portNumber: number): number {
  return PORT_TABLES.first + portNumber;
}

/**
 * Whether a routing table is a port's, or a network instance's own, or of flows that stay by a router: routes in there
 * are made from what is observed, and not observed themselves.
 */
export function isPortTable(table: number): boolean {
  const { table: first, most } = STAYING_BY_ROUTER;
  const isOfPort = table >= PORT_TABLES.first && table <= PORT_TABLES.last;
  return isOfPort || isRouteTable(table) || (table >= first && table <= first + most);
}

/** The routing tables of network instances that have routes of their own. */
const ROUTE_TABLES = { first: 229_000 } as const;

/** The routing table of a network instance's own routes. */
export function routeTable(niNumber: number): number {
  return ROUTE_TABLES.first + niNumber;
}

/** Whether a routing table is one of a network instance's own routes. */
export function isRouteTable(table: number): boolean {
  return table > ROUTE_TABLES.first && table <= ROUTE_TABLES.first + MAX_NI_NUMBER;
}

/** Of a switch network instance whose port is a bridge of the host: the end in its own bridge, and the host's. */
export function switchPatchNames(niNumber: number): { readonly inside: string; readonly outside: string } {
  return { inside: `sn${niNumber}`, outside: `sh${niNumber}` };
}

/** The name of a network instance's bridge, as in EVE. */
export function bridgeName(niNumber: number): string {
  return `bn${niNumber}`;
}
