/**
 * Messages, headers and attributes of rtnetlink (linux/rtnetlink.h, if_link.h, if_addr.h, fib_rules.h, neighbour.h,
 * netconf.h, pkt_sched.h, pkt_cls.h).
 */
export const RTM = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
  newNeighbour: 28,
  getNeighbour: 30,
  newRule: 32,
  deleteRule: 33,
  getRule: 34,
  newQdisc: 36,
  deleteQdisc: 37,
  getQdisc: 38,
  newFilter: 44,
  deleteFilter: 45,
  getFilter: 46,
  newNetconf: 80,
  getNetconf: 82,
} as const;

/** Lengths of the fixed headers. */
export const HEADER = {
  link: 16,
  address: 8,
  route: 12,
  rule: 12,
  neighbour: 12,
  netconf: 4,
  trafficControl: 20,
} as const;

export const IFLA = {
  address: 1,
  name: 3,
  mtu: 4,
  master: 10,
  operState: 16,
  linkInfo: 18,
  alias: 20,
  stats64: 23,
  extendedMask: 29,
  permanentAddress: 54,
  parentDeviceName: 56,
  parentBusName: 57,
} as const;
export const IFLA_INFO_KIND = 1;
export const IFLA_INFO_DATA = 2;
/** The same of a link as the member of another one. */
export const IFLA_INFO_SLAVE_KIND = 4;
export const IFLA_INFO_SLAVE_DATA = 5;
/** Of a bridge (linux/if_link.h, IFLA_BR_*). */
export const IFLA_BR = { groupForwardMask: 9, nfCallIptables: 36, nfCallIp6tables: 37 } as const;

/** Of a pair of virtual interfaces: the other end (linux/veth.h). */
export const VETH_INFO_PEER = 1;

/** Of a bridge's member (IFLA_BRPORT_*); mode is hairpin. */
export const IFLA_BRPORT = { mode: 4 } as const;

export const IFA = { address: 1, local: 2, label: 3, cacheInfo: 6, flags: 8 } as const;

export const RTA = {
  destination: 1,
  outputInterface: 4,
  gateway: 5,
  priority: 6,
  preferredSource: 7,
  multipath: 9,
  realm: 11,
  table: 15,
  via: 18,
} as const;

export const FRA = {
  destination: 1,
  source: 2,
  inputInterface: 3,
  goto: 4,
  priority: 6,
  mark: 10,
  suppressPrefixLength: 14,
  table: 15,
  mask: 16,
  outputInterface: 17,
  protocol: 21,
  ipProtocol: 22,
  destinationPorts: 24,
  destinationPortMask: 29,
} as const;

export const NETCONFA = { linkIndex: 1, forwarding: 2, reversePathFilter: 3, ignoreRoutesWithLinkdown: 6 } as const;

/** Of qdiscs and filters. */
export const TCA = { kind: 1, options: 2 } as const;
/** Of a filter that is a program (TCA_BPF_*). */
export const TCA_BPF = { instructionCount: 4, instructions: 5, flags: 8 } as const;

export const NDA = { destination: 1, linkAddress: 2 } as const;

/** The largest number of a table that fits into a header; larger ones are an attribute. */
export const LARGEST_TABLE_IN_HEADER = 255;

/** What the header says of a table: 0 where the number is an attribute. */
export function tableInHeader(table: number): number {
  return table > LARGEST_TABLE_IN_HEADER ? 0 : table;
}
