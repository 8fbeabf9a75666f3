import { PORT_DOWN_SET, PORT_UP_SET } from '../../../lib/dataplane-layout/index.js';

/** What an element's key or value is made of; decides how nft writes it and how its JSON reads. */
export type ElementType = 'ifname' | 'mark' | 'ipv4_addr' | 'inet_proto' | 'inet_service' | 'zone';

export interface SetDefinition {
  readonly key: readonly ElementType[];
  /** Absent: a set, not a map. */
  readonly value?: readonly ElementType[];
  /** Each element counts the packets that were looked up and found. Such a count begins anew with the element. */
  readonly counted?: true;
  /** Elements may end by themselves; their value then is `untilText`. */
  readonly timed?: true;
  readonly comment: string;
}

/** The sets and maps of our nft table: all that changes while the ruleset stays. */
export const SETS = {
  ni_bridges: { key: ['ifname'], comment: 'bridges of network instances' },
  within_ni: { key: ['ifname', 'ifname'], comment: 'bridge and the same bridge: what stays inside' },
  ni_ranking: { key: ['ifname'], value: ['mark'], comment: 'bridge to the ranking it follows' },
  ni_zone: { key: ['ifname'], value: ['zone'], comment: 'bridge to the generation of its flows' },
  permitted: { key: ['ifname', 'ifname'], timed: true, comment: 'bridge and port: what policy permits' },
  flow_mark: { key: ['ifname', 'ifname'], value: ['mark'], comment: 'bridge and port to the mark of a flow' },
  port_mark: { key: ['ifname'], value: ['mark'], comment: 'port to the mark of what came in by it' },
  port_address: { key: ['ipv4_addr'], value: ['mark'], comment: "the device's address on a port, for hairpin" },
  port_path: { key: ['mark', 'ifname'], comment: 'a flow of this port leaves by this interface' },
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
  [PORT_UP_SET]: { key: ['ifname'], counted: true, comment: 'ports, counting what apps send over them' },
  [PORT_DOWN_SET]: { key: ['ifname'], counted: true, comment: 'ports, counting what apps receive over them' },
} as const satisfies Record<string, SetDefinition>;

export type SetName = keyof typeof SETS;

export const SET_NAMES = Object.keys(SETS) as readonly SetName[];

/** Elements of one set: key to value, both as nft writes them; the value of a plain set's element is empty. */
export type Elements = ReadonlyMap<string, string>;

export type ElementSets = Readonly<Record<SetName, Elements>>;

/** One element's key or value, as nft writes it. */
export function tuple(...parts: readonly (string | number)[]): string {
  return parts.join(' . ');
}

/** An interface name as nft writes it. */
export function quoted(interfaceName: string): string {
  return `"${interfaceName}"`;
}

const UNTIL = 'until ';

/** The value of an element that ends by itself, at a time in milliseconds of CLOCK_BOOTTIME; empty where it does not. */
export function untilText(endMs: number | undefined): string {
  return endMs === undefined ? '' : `${UNTIL}${endMs}`;
}

/** That time again; undefined where the element does not end by itself. */
export function untilMs(value: string): number | undefined {
  return value.startsWith(UNTIL) ? Number(value.slice(UNTIL.length)) : undefined;
}

/** nft tells whole seconds of what is left, and the reading takes its time. */
const END_TOLERANCE_MS = 2_000;

/** Whether two values of an element mean the same. */
export function sameValue(a: string | undefined, b: string | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  const [endA, endB] = [untilMs(a), untilMs(b)];
  return endA !== undefined && endB !== undefined && Math.abs(endA - endB) <= END_TOLERANCE_MS;
}

export const NO_ELEMENTS: ElementSets = Object.fromEntries(
  SET_NAMES.map((name) => [name, new Map<string, string>()]),
) as unknown as ElementSets;
