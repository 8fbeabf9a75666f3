/*
 * What the kernel holds, as values, and the one way to it: netlink. One file an item (link, address, route, rule,
 * neighbour, egress filter, set element, conntrack entry) with its type, key, equality, read, add, delete and `format`
 * (ip's, tc's and nft's words, for people and goldens only). `wire/` is the codec; nobody outside imports it.
 */
export { applyChanges, formatChange, isAlreadySo, type KernelChange } from './changes.js';
export { provokeChallengeAcks, type AppSession } from './challenge-ack.js';
export type { TcpEndpoint } from './challenge-segment.js';
export {
  countFlowsByMark,
  deleteFlows,
  deleteFlowsByMark,
  deleteUntranslatedFlows,
  readTcpFlowsByMark,
  type FlowSelection,
  type FlowTuple,
  type TcpFlow,
  type TcpState,
  type TrackedFlow,
} from './conntrack-entry.js';
export { everywhere, familyOf, formatPrefix, samePrefix, type IpFamily, type Prefix } from './ip-address.js';
export { KernelDirty } from './kernel-dirty.js';
export { KernelEvents, type KernelEvent, type KernelEventsOptions } from './kernel-events.js';
export type { ForwardingSettings } from './forwarding-settings.js';
export { formatMacAddress, type BridgeSettings, type Link, type LinkSettings, type OperState } from './link.js';
export { readLinkCounters, type LinkCounters } from './link-counters.js';
export { formatLinkAddress, type LinkAddress } from './link-address.js';
export type { Neighbour } from './neighbour.js';
export { ERRNO, NetlinkError } from './netlink-error.js';
export { followingNftGeneration, readNftGeneration } from './nft-generation.js';
export { readNftTableHandle } from './nft-table-handle.js';
export { readNftChainsDigest, readNftNames, readNftTable, type NftTable } from './nft-table.js';
export {
  formatRoute,
  routeKey,
  routeVia,
  sameRoute,
  type NextHop,
  type Route,
  type RouteChoice,
  type RouteHeader,
  type RouteType,
} from './route.js';
export { Rtnetlink } from './rtnetlink.js';
export { formatRule, rule, ruleKey, sameRule, type Rule, type RuleAction } from './rule.js';
export {
  formatMark,
  formatParts,
  jumpTo,
  PROTOCOL_NUMBERS,
  type ElementPart,
  type ElementType,
} from './element-parts.js';
export {
  changeSetElements,
  element,
  elementKey,
  flushSets,
  formatElement,
  MOST_ELEMENTS,
  readCountedElements,
  readSetCounters,
  sameElement,
  type CountedElement,
  type ElementCount,
  type ElementTypes,
  type SetChange,
  type SetElement,
  type SetElements,
} from './set-element.js';
export { SecretKey } from './secret-key.js';
export {
  changeWireGuardDevice,
  formatWireGuardChange,
  formatWireGuardEndpoint,
  hasWireGuard,
  readWireGuardDevice,
  wireGuardChange,
  type WantedWireGuard,
  type WireGuardChange,
  type WireGuardDevice,
  type WireGuardEndpoint,
  type WireGuardPeer,
  type WireGuardPeerChange,
} from './wireguard.js';
