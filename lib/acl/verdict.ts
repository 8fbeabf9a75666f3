import { hasPorts, type AccessEntry } from '../configuration/index.js';
import { ipv4Number } from '../ipv4/index.js';

/** A flow of an app, as its interface's access list looks at it: by its first packet. IPv4. */
export interface AccessFlow {
  /** Ingress: the other end began it. */
  readonly direction: 'ingress' | 'egress';
  /** Number in IP. */
  readonly protocol: number;
  /** Of the other end, dotted, before the device translates anything. */
  readonly remoteAddress: string;
  /** Undefined: the protocol has none, or it is not known. */
  readonly remotePort: number | undefined;
  /** The app's own. */
  readonly localPort: number | undefined;
  /** How it came in from outside, by a port map; undefined: it did not. */
  readonly portMap: { readonly externalPort: number } | undefined;
  /** Labels of the port that it came in by; empty: it did not come in by a port. */
  readonly portLabels: readonly string[];
}

/** What entries ask of the network instance. */
export interface Surroundings {
  /** Whether an address is an app's of the network instance, or one of its static DNS entries. */
  readonly isMember: (address: string) => boolean;
  /** Whether a DNS answer gave the address for the name, or for one below it. */
  readonly isNamed: (name: string, address: string) => boolean;
}

/** What becomes of a flow, and the entry that decides; refused: none does, which is the implicit last entry. */
export type Verdict =
  | { readonly kind: 'allowed'; readonly entry: AccessEntry }
  | { readonly kind: 'dropped'; readonly entry: AccessEntry }
  | { readonly kind: 'refused' };

/**
 * The verdict of an access list: the first entry whose matches all hold decides. DHCP, DNS and the metadata server of
 * the network instance are no affair of the list (docs/design.md#access-lists).
 */
export function verdict(list: readonly AccessEntry[], flow: AccessFlow, surroundings: Surroundings): Verdict {
  const entry = list.find((each) => matches(each, flow, surroundings));
  if (entry === undefined) return { kind: 'refused' };
  return { kind: entry.action === 'drop' ? 'dropped' : 'allowed', entry };
}

function matches(entry: AccessEntry, flow: AccessFlow, { isMember, isNamed }: Surroundings): boolean {
  const { remoteAddress: remote } = flow;
  return (
    isForDirection(entry, flow) &&
    (entry.protocol === undefined || entry.protocol === flow.protocol) &&
    isInNetwork(entry, remote) &&
    portMatches(entry.remotePorts, flow.remotePort, flow) &&
    portMatches(entry.localPorts, entry.portMap === undefined ? flow.localPort : flow.portMap?.externalPort, flow) &&
    (entry.adapterLabel === undefined || flow.portLabels.includes(entry.adapterLabel)) &&
    (!entry.remoteIsMember || isMember(remote)) &&
    (entry.remoteName === undefined || isNamed(entry.remoteName, remote))
  );
}

function isForDirection({ direction, portMap, adapterLabel }: AccessEntry, flow: AccessFlow): boolean {
  if (direction !== 'both' && direction !== flow.direction) return false;
  if (portMap !== undefined) return flow.direction === 'ingress' && flow.portMap !== undefined;
  return adapterLabel === undefined || flow.direction === 'ingress';
}

function isInNetwork({ remoteNetwork }: AccessEntry, remote: string): boolean {
  if (remoteNetwork === undefined || (remoteNetwork !== 'ipv6' && remoteNetwork.prefixLength === 0)) return true;
  const number = ipv4Number(remote);
  if (remoteNetwork === 'ipv6' || number === undefined) return false;
  return number >= remoteNetwork.first && number <= remoteNetwork.last;
}

function portMatches(ports: AccessEntry['localPorts'], port: number | undefined, { protocol }: AccessFlow): boolean {
  if (ports === undefined) return true;
  return port !== undefined && hasPorts(protocol) && port >= ports.first && port <= ports.last;
}
