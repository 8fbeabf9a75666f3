/** What an element's key or value is made of; decides how nft writes it and how its JSON reads. */
export type ElementType = 'ifname' | 'mark' | 'ipv4_addr' | 'inet_proto' | 'inet_service' | 'zone';

export interface SetDefinition {
  readonly key: readonly ElementType[];
  /** Absent: a set, not a map. */
  readonly value?: readonly ElementType[];
  /** Each element counts the packets that were looked up and found. Such a count begins anew with the element. */
  readonly counted?: true;
  readonly comment: string;
}

/** The sets and maps of our nft table: all that changes while the ruleset stays. */
export const SETS = {
  ni_bridges: { key: ['ifname'], comment: 'bridges of network instances' },
  ni_ranking: { key: ['ifname'], value: ['mark'], comment: 'bridge to the ranking it follows' },
  ni_zone: { key: ['ifname'], value: ['zone'], comment: 'bridge to the generation of its flows' },
  permitted: { key: ['ifname', 'ifname'], comment: 'bridge and port: what policy permits' },
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
  port_map_open: { key: ['mark'], comment: 'on which port a network instance is open now' },
  port_up: { key: ['ifname'], counted: true, comment: 'ports, counting what apps send over them' },
  port_down: { key: ['ifname'], counted: true, comment: 'ports, counting what apps receive over them' },
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

export const NO_ELEMENTS: ElementSets = Object.fromEntries(
  SET_NAMES.map((name) => [name, new Map<string, string>()]),
) as unknown as ElementSets;
