import { egressFilterKey, formatEgressFilter, type EgressFilter } from '../egress-filter/index.js';
import { writeClsactAdd, writeClsactDelete, writeEgressFilter, writeEgressFilterDelete } from './egress-filter.js';
import {
  formatBridgeSettings,
  formatLinkSettings,
  readLink,
  writeBridgeAdd,
  writeLinkAttach,
  writeLinkDelete,
  writeLinkDetach,
  writeLinkRename,
  writeLinkSet,
  writeVethAdd,
  writeWireGuardAdd,
  type BridgeSettings,
  type LinkSettings,
} from './link.js';
import { formatLinkAddress, writeAddress, type LinkAddress } from './link-address.js';
import { writeNeighbourResolve } from './neighbour.js';
import { ERRNO, NetlinkError } from './netlink-error.js';
import { formatRoute, writeRoute, type Route } from './route.js';
import { formatRule, writeRule, type Rule } from './rule.js';
import { refusal } from './wire/listing.js';
import { MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { withSocket } from './wire/sockets.js';

/** An IP address and its network's length. */
type Address = Pick<LinkAddress, 'address' | 'prefixLength'>;

/** One change to links, addresses, routes, rules, neighbours or filters, as a value. */
export type KernelChange =
  /** A new bridge, down and without an alias. */
  | { readonly kind: 'bridge-add'; readonly name: string; readonly settings: BridgeSettings }
  | { readonly kind: 'link-set'; readonly name: string; readonly settings: LinkSettings }
  | { readonly kind: 'link-delete'; readonly name: string }
  /** A new WireGuard device, down; `changeWireGuardDevice` gives it a key and peers. */
  | { readonly kind: 'wireguard-add'; readonly name: string }
  /** The link has to be down. */
  | { readonly kind: 'link-rename'; readonly name: string; readonly to: string }
  /** A new pair of virtual interfaces, down. */
  | { readonly kind: 'veth-add'; readonly name: string; readonly peer: string }
  /** Takes a link out of its bridge. */
  | { readonly kind: 'link-detach'; readonly name: string }
  /** Puts a link into a bridge. */
  | { readonly kind: 'link-attach'; readonly name: string; readonly bridge: string }
  | { readonly kind: 'address-add'; readonly dev: string; readonly address: Address }
  | { readonly kind: 'address-delete'; readonly dev: string; readonly address: Address }
  | { readonly kind: 'route-replace'; readonly route: Route }
  | { readonly kind: 'route-delete'; readonly route: Route }
  | { readonly kind: 'rule-add'; readonly rule: Rule }
  | { readonly kind: 'rule-delete'; readonly rule: Rule }
  /** What filters live in; it may be there, of whomever. */
  | { readonly kind: 'clsact-add'; readonly dev: string }
  /** With every filter that is in there. */
  | { readonly kind: 'clsact-delete'; readonly dev: string }
  | { readonly kind: 'egress-filter-replace'; readonly filter: EgressFilter }
  | { readonly kind: 'egress-filter-delete'; readonly filter: EgressFilter }
  /** Has the kernel look for a neighbour as if there were a packet for it. */
  | { readonly kind: 'neighbour-resolve'; readonly dev: string; readonly address: string };

/** Requests whose acknowledgements certainly fit into a socket. */
const REQUESTS_AT_ONCE = 64;

/**
 * Makes the changes in order, some 10 us each; done when this returns. One that is refused does not stop the next.
 * Answers, for each, why the kernel refused it; undefined: it is made.
 * @throws NetlinkError where the kernel cannot be asked from here, or there is no such namespace; RangeError where a
 * change has a text that is no address or no name, and then others may have been made.
 */
export function applyChanges(
  changes: readonly KernelChange[],
  namespace: string | undefined,
): readonly (NetlinkError | undefined)[] {
  if (changes.length === 0) return [];
  return withSocket('route', namespace, (socket) => {
    const batch = new Batch(socket);
    for (const [position, change] of changes.entries()) batch.add(change, position);
    batch.send();
    return changes.map((_, position) => batch.errors.get(position));
  });
}

/** As the words of `ip`, or of `tc`. */
export function formatChange(change: KernelChange): string {
  switch (change.kind) {
    case 'bridge-add':
      return words('link add', change.name, formatBridgeSettings(change.settings));
    case 'link-set':
      return words('link set dev', change.name, formatLinkSettings(change.settings));
    case 'link-delete':
      return `link del ${change.name}`;
    case 'wireguard-add':
      return `link add ${change.name} type wireguard`;
    case 'link-rename':
      return `link set dev ${change.name} name ${change.to}`;
    case 'link-attach':
      return `link set dev ${change.name} master ${change.bridge}`;
    case 'veth-add':
      return `link add ${change.name} type veth peer name ${change.peer}`;
    case 'link-detach':
      return `link set dev ${change.name} nomaster`;
    case 'address-add':
      return `addr add ${formatLinkAddress(change.address)} dev ${change.dev}`;
    case 'address-delete':
      return `addr del ${formatLinkAddress(change.address)} dev ${change.dev}`;
    case 'route-replace':
      return `route replace ${formatRoute(change.route)}`;
    case 'route-delete':
      return `route del ${formatRoute(change.route)}`;
    case 'rule-add':
      return `rule add ${formatRule(change.rule)}`;
    case 'rule-delete':
      return `rule del ${formatRule(change.rule)}`;
    case 'clsact-add':
      return `qdisc add dev ${change.dev} clsact`;
    case 'clsact-delete':
      return `qdisc del dev ${change.dev} clsact`;
    case 'egress-filter-replace':
      return `filter replace ${formatEgressFilter(change.filter)}`;
    case 'egress-filter-delete':
      return `filter del ${egressFilterKey(change.filter)} egress`;
    case 'neighbour-resolve':
      return `neigh replace ${change.address} dev ${change.dev} use`;
  }
}

function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** Whether a refusal says that what was to go is gone, or what was to come is there: somebody was quicker. */
export function isAlreadySo(change: KernelChange, { errno }: NetlinkError): boolean {
  switch (change.kind) {
    case 'route-delete':
    case 'rule-delete':
    case 'link-delete':
    case 'address-delete':
      return (
        errno === ERRNO.noProcess ||
        errno === ERRNO.noEntry ||
        errno === ERRNO.noDevice ||
        errno === ERRNO.addressNotAvailable
      );
    case 'egress-filter-delete':
    case 'clsact-delete':
      // EINVAL: without what it lived in, which somebody has deleted with all that was in there.
      return errno === ERRNO.noEntry || errno === ERRNO.noDevice || errno === ERRNO.invalid;
    case 'link-attach':
    case 'link-detach':
      return errno === ERRNO.noDevice;
    case 'link-set':
      // Who has left the bridge meanwhile is no member of it.
      if (change.settings.isHairpin === true) return errno === ERRNO.noDevice || errno === ERRNO.notSupported;
      return change.settings.isUp === false && errno === ERRNO.noDevice;
    case 'rule-add':
    case 'address-add':
    case 'clsact-add':
    case 'wireguard-add':
      return errno === ERRNO.exists;
    default:
      return false;
  }
}

/** Sends several requests at once, which costs a fraction of sending each by itself. */
class Batch {
  /** By the change's position; the same change may be asked for twice. */
  readonly errors = new Map<number, NetlinkError>();
  readonly #socket: NetlinkSocket;
  readonly #indexes = new Map<string, number>();
  #writer = new MessageWriter();
  #sent = new Map<number, { readonly change: KernelChange; readonly position: number }>();
  #last = 0;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  add(change: KernelChange, position: number): void {
    const dev = interfaceOf(change);
    const index = dev === undefined ? 0 : this.#indexOf(dev);
    if (index === undefined) {
      const reason = `there is no interface ${dev ?? ''}`;
      this.errors.set(position, new NetlinkError(formatChange(change), reason, { errno: ERRNO.noDevice }));
      return;
    }
    this.#last = write(this.#writer, change, index);
    this.#sent.set(this.#last, { change, position });
    if (makesOrEndsLink(change)) {
      this.#indexes.delete(change.name);
      if (change.kind === 'link-rename') this.#indexes.delete(change.to);
      if (change.kind === 'veth-add') this.#indexes.delete(change.peer);
    }
    if (this.#sent.size >= REQUESTS_AT_ONCE) this.send();
  }

  send(): void {
    if (this.#sent.size === 0) return;
    for (const [sequence, error] of this.#socket.acknowledged(this.#writer.bytes, this.#last)) {
      const sent = this.#sent.get(sequence);
      if (sent !== undefined) this.errors.set(sent.position, refusal(formatChange(sent.change), error));
    }
    this.#writer = new MessageWriter();
    this.#sent = new Map();
  }

  /** A link that an earlier request makes has an index when that is done, and has none when it is ended. */
  #indexOf(name: string): number | undefined {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    if ([...this.#sent.values()].some(({ change }) => makesOrEndsLink(change) && concerns(change, name))) this.send();
    const index = readLink(this.#socket, name)?.index;
    if (index !== undefined) this.#indexes.set(name, index);
    return index;
  }
}

function makesOrEndsLink(
  change: KernelChange,
): change is Extract<
  KernelChange,
  { readonly kind: 'bridge-add' | 'wireguard-add' | 'veth-add' | 'link-rename' | 'link-delete' }
> {
  return LINK_CHANGES.has(change.kind);
}

const LINK_CHANGES: ReadonlySet<KernelChange['kind']> = new Set([
  ...(['bridge-add', 'wireguard-add', 'veth-add', 'link-rename', 'link-delete'] as const),
]);

function concerns(
  change: { readonly name: string; readonly to?: string; readonly peer?: string },
  name: string,
): boolean {
  return change.name === name || change.to === name || change.peer === name;
}

/** The interface whose index the request needs. */
function interfaceOf(change: KernelChange): string | undefined {
  switch (change.kind) {
    case 'address-add':
    case 'address-delete':
    case 'clsact-add':
    case 'clsact-delete':
    case 'neighbour-resolve':
      return change.dev;
    case 'egress-filter-replace':
    case 'egress-filter-delete':
      return change.filter.dev;
    case 'route-replace':
    case 'route-delete':
      return change.route.dev;
    case 'link-attach':
      return change.bridge;
    case 'link-rename':
      return change.name;
    default:
      return undefined;
  }
}

function write(writer: MessageWriter, change: KernelChange, linkIndex: number): number {
  switch (change.kind) {
    case 'bridge-add':
      return writeBridgeAdd(writer, change.name, change.settings);
    case 'link-set':
      return writeLinkSet(writer, change.name, change.settings);
    case 'link-delete':
      return writeLinkDelete(writer, change.name);
    case 'wireguard-add':
      return writeWireGuardAdd(writer, change.name);
    case 'link-rename':
      return writeLinkRename(writer, linkIndex, change.to);
    case 'veth-add':
      return writeVethAdd(writer, change.name, change.peer);
    case 'link-detach':
      return writeLinkDetach(writer, change.name);
    case 'link-attach':
      return writeLinkAttach(writer, change.name, linkIndex);
    case 'address-add':
      return writeAddress(writer, 'add', change.address, linkIndex);
    case 'address-delete':
      return writeAddress(writer, 'delete', change.address, linkIndex);
    case 'route-replace':
      return writeRoute(writer, 'replace', change.route, linkIndex);
    case 'route-delete':
      return writeRoute(writer, 'delete', change.route, linkIndex);
    case 'rule-add':
      return writeRule(writer, 'add', change.rule);
    case 'rule-delete':
      return writeRule(writer, 'delete', change.rule);
    case 'clsact-add':
      return writeClsactAdd(writer, linkIndex);
    case 'clsact-delete':
      return writeClsactDelete(writer, linkIndex);
    case 'egress-filter-replace':
      return writeEgressFilter(writer, change.filter, linkIndex);
    case 'egress-filter-delete':
      return writeEgressFilterDelete(writer, change.filter, linkIndex);
    case 'neighbour-resolve':
      return writeNeighbourResolve(writer, change.address, linkIndex);
  }
}
