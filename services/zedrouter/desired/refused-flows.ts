import { verdict, type AccessFlow, type Verdict } from '../../../lib/acl/index.js';
import { hasPorts, type AccessEntry } from '../../../lib/configuration/index.js';
import type { AccessInterface, AccessRules } from './access.js';

/** One direction of a flow. */
interface Direction {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

/** A flow that the kernel tracks: as it began, before any translation, and as its answers come in. */
export interface TrackedFlow {
  /** Number in IP. */
  readonly protocol: number;
  readonly original: Direction;
  readonly reply: Direction;
  readonly mark: number;
}

/** An app's interface whose access list has come, gone or changed. */
export interface AccessChange {
  /** `unknown`: there was one, and nobody remembers which. `none`: nothing was enforced. */
  readonly before: AccessInterface | 'unknown' | 'none';
  /** Undefined: it is no app's any more, and nothing is allowed. */
  readonly after: AccessInterface | undefined;
}

/** What else there is to know of flows. */
export interface FlowSurroundings {
  /** Whether an address is among those that DNS gave for a name, in the network instance with that number. */
  readonly isNamed: (niNumber: number, name: string, address: string) => boolean;
  /** Labels of the port that a flow's mark names; empty: none. */
  readonly labelsOf: (mark: number) => readonly string[];
}

/**
 * The interfaces, by address, whose flows are to be looked at. `before`: where it is not the rules that were in force,
 * all of them, for what has begun under lists that nobody remembers, or without any.
 */
export function changedInterfaces(
  before: AccessRules | 'unknown' | 'none',
  after: AccessRules,
): ReadonlyMap<string, AccessChange> {
  const changed = new Map<string, AccessChange>();
  if (before === after) return changed;
  for (const [address, each] of after.interfaces) {
    const known = typeof before === 'string' ? before : (before.interfaces.get(address) ?? 'none');
    if (typeof known === 'string' || !sameAccess(known, each)) changed.set(address, { before: known, after: each });
  }
  if (typeof before === 'string') return changed;
  for (const [address, each] of before.interfaces) {
    if (!after.interfaces.has(address)) changed.set(address, { before: each, after: undefined });
  }
  return changed;
}

function sameAccess(a: AccessInterface, b: AccessInterface): boolean {
  return (
    a.bridge === b.bridge &&
    a.members.size === b.members.size &&
    [...a.members].every((address) => b.members.has(address)) &&
    JSON.stringify(a.list) === JSON.stringify(b.list)
  );
}

/** Whether a flow that goes on is one that the lists, as they are now, would not let begin. */
export function isRefused(
  flow: TrackedFlow,
  changes: ReadonlyMap<string, AccessChange>,
  surroundings: FlowSurroundings,
): boolean {
  const { original, reply } = flow;
  const begun = changes.get(original.source);
  if (begun !== undefined && !isAlwaysReachable(flow, begun) && isDenied(begun, egressFlow(flow), surroundings)) {
    return true;
  }
  const reached = changes.get(reply.source);
  return reached !== undefined && isDenied(reached, ingressFlow(flow, surroundings), surroundings);
}

/** DHCP, the DNS of the network instance and the metadata server. */
function isAlwaysReachable({ original, protocol }: TrackedFlow, { before, after }: AccessChange): boolean {
  const { destination, destinationPort } = original;
  if (destination === '169.254.169.254' || (protocol === 17 && destinationPort === 67)) return true;
  const now = after ?? before;
  return destinationPort === 53 && typeof now === 'object' && destination === now.gateway;
}

function egressFlow({ protocol, original }: TrackedFlow): AccessFlow {
  return {
    direction: 'egress',
    protocol,
    remoteAddress: original.destination,
    ...portsOf(protocol, original.destinationPort, original.sourcePort),
    portMap: undefined,
    portLabels: [],
  };
}

function ingressFlow({ protocol, original, reply, mark }: TrackedFlow, { labelsOf }: FlowSurroundings): AccessFlow {
  const isMapped = reply.source !== original.destination;
  return {
    direction: 'ingress',
    protocol,
    remoteAddress: original.source,
    ...portsOf(protocol, original.sourcePort, reply.sourcePort),
    portMap: isMapped ? { externalPort: original.destinationPort } : undefined,
    portLabels: isMapped ? labelsOf(mark) : [],
  };
}

function portsOf(
  protocol: number,
  remotePort: number,
  localPort: number,
): Pick<AccessFlow, 'remotePort' | 'localPort'> {
  return hasPorts(protocol) ? { remotePort, localPort } : { remotePort: undefined, localPort: undefined };
}

/**
 * Names' addresses go again while flows to them stay. So a flow that the list before does not allow now either began
 * when one of its names still had that address: it stays where a list that has the name still would let it.
 */
function isDenied({ before, after }: AccessChange, flow: AccessFlow, { isNamed }: FlowSurroundings): boolean {
  if (after === undefined) return true;
  const strict = ({ niNumber, members, list }: AccessInterface): Verdict =>
    verdict(list, flow, {
      isMember: (address) => members.has(address),
      isNamed: (name, address) => isNamed(niNumber, name, address),
    });
  if (strict(after).kind === 'allowed') return false;
  if (before === 'none' || (before !== 'unknown' && strict(before).kind === 'allowed')) return true;
  const once = namesIn((before === 'unknown' ? after : before).list);
  const lenient = verdict(after.list, flow, {
    isMember: (address) => after.members.has(address),
    isNamed: (name, address) => once.has(name) || isNamed(after.niNumber, name, address),
  });
  return lenient.kind !== 'allowed';
}

function namesIn(list: readonly AccessEntry[]): ReadonlySet<string> {
  return new Set(list.flatMap(({ remoteName }) => (remoteName === undefined ? [] : [remoteName])));
}
