import {
  PORT_DOWN_SET,
  PORT_UP_SET,
  TCP_DOWN_SET,
  TCP_OPEN_SET,
  TCP_UP_SET,
} from '../../../lib/dataplane-layout/index.js';
import type { ElementTypes, SetElements } from '../../../lib/netlink/index.js';

export interface SetDefinition extends ElementTypes {
  /** Each element counts the packets that were looked up and found. Such a count begins anew with the element. */
  readonly counted?: true;
  /** Elements may end by themselves. */
  readonly timed?: true;
  readonly comment: string;
}

/** The sets and maps of our nft table: all that changes while the ruleset stays. */
export const SETS = {
  ni_bridges: { key: ['ifname'], comment: 'bridges of network instances' },
  within_ni: { key: ['ifname', 'ifname'], comment: 'bridge and the same bridge: what stays inside' },
  ni_ranking: { key: ['ifname'], value: ['mark'], comment: 'bridge to the ranking it follows' },
  ni_zone: { key: ['ifname'], value: ['zone'], comment: 'bridge to the generation of its flows' },
  ni_drain: {
    key: ['mark'],
    value: ['mark'],
    timed: true,
    comment: 'mark of the flows that stay on a port, whatever is left, to the ranking that they follow',
  },
  permitted: { key: ['ifname', 'ifname'], timed: true, comment: 'bridge and port: what policy permits' },
  flow_mark: { key: ['ifname', 'ifname'], value: ['mark'], comment: 'bridge and port to the mark of a flow' },
  route_mark: {
    key: ['realm', 'ifname'],
    value: ['mark'],
    comment: "realm of a network instance's own routes, and port, to the mark of a flow",
  },
  uplinks: { key: ['ifname'], comment: 'ports: nothing is forwarded from one to another' },
  within_port: {
    key: ['ifname', 'ifname'],
    comment: 'port and the same port: what a bridge of the host passes inside',
  },
  port_link: {
    key: ['ifname', 'ether_addr'],
    comment: 'port and its own MAC address: what comes to the device itself, to be routed',
  },
  port_mark: { key: ['ifname'], value: ['mark'], comment: 'port to the mark of what came in by it' },
  port_address: { key: ['ipv4_addr'], value: ['mark'], comment: "the device's address on a port, for hairpin" },
  port_path: { key: ['mark', 'ifname'], comment: 'a flow of this port leaves by this interface' },
  tunnel_ranking: {
    key: ['mark'],
    value: ['mark'],
    comment: 'mark of what a tunnel sends outside, to the ranking that it follows',
  },
  tunnel_permitted: {
    key: ['mark', 'ifname'],
    timed: true,
    comment: "mark of a tunnel's flow and port: what policy permits",
  },
  tunnel_source: {
    key: ['ifname', 'ifname'],
    value: ['ipv4_addr'],
    comment: 'bridge and tunnel to the address that apps leave with inside it',
  },
  tunnel_routed: { key: ['ifname', 'ifname'], comment: 'bridge and tunnel in which apps keep their addresses' },
  port_map_owner: {
    key: ['mark', 'inet_proto', 'inet_service'],
    value: ['mark'],
    comment: 'port, protocol, external port to the network instance',
  },
  port_map_target: {
    key: ['mark', 'inet_proto', 'inet_service'],
    value: ['ipv4_addr', 'inet_service'],
    comment: 'where a port map leads',
  },
  port_map_open: { key: ['mark'], timed: true, comment: 'on which port a network instance is open now' },
  ni_arrived: { key: ['ifname'], counted: true, comment: 'bridges, counting what comes to be forwarded to a port' },
  ni_sent: { key: ['ifname'], counted: true, comment: 'bridges, counting what is forwarded to a port' },
  app_interfaces: { key: ['ifname', 'ipv4_addr'], comment: "bridge and address: apps' interfaces, and nobody else's" },
  acl_egress: {
    key: ['ifname', 'ipv4_addr'],
    value: ['verdict'],
    comment: "an app's interface to what its access list says of flows that it begins",
  },
  acl_ingress: {
    key: ['ifname', 'ipv4_addr'],
    value: ['verdict'],
    comment: "an app's interface to what its access list says of flows that others begin",
  },
  limit_egress: {
    key: ['ifname', 'ipv4_addr'],
    value: ['verdict'],
    comment: "an app's interface to the rate limits of flows that it began",
  },
  limit_ingress: {
    key: ['ifname', 'ipv4_addr'],
    value: ['verdict'],
    comment: "an app's interface to the rate limits of flows that others began",
  },
  [PORT_UP_SET]: { key: ['ifname'], counted: true, comment: 'ports, counting what apps send over them' },
  [PORT_DOWN_SET]: { key: ['ifname'], counted: true, comment: 'ports, counting what apps receive over them' },
  [TCP_OPEN_SET]: { key: ['ifname'], counted: true, comment: 'ports, counting the SYNs that apps send over them' },
  [TCP_UP_SET]: { key: ['ifname'], counted: true, comment: 'ports, counting TCP data that apps send over them' },
  [TCP_DOWN_SET]: { key: ['ifname'], counted: true, comment: 'ports, counting TCP data that apps receive over them' },
} as const satisfies Record<string, SetDefinition>;

export type SetName = keyof typeof SETS;

export const SET_NAMES = Object.keys(SETS) as readonly SetName[];

/** The elements of every set of ours. */
export type ElementSets = Readonly<Record<SetName, SetElements>>;

export const NO_ELEMENTS: ElementSets = Object.fromEntries(
  SET_NAMES.map((name) => [name, new Map()]),
) as unknown as ElementSets;
