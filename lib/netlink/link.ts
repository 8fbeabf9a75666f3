import { attributes, inside, text, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import { isMessage, type NetlinkSocket } from './wire/netlink-socket.js';
import { refusal, wholeListing } from './wire/listing.js';
import {
  HEADER,
  IFLA,
  IFLA_BR,
  IFLA_BRPORT,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  RTM,
  VETH_INFO_PEER,
} from './wire/rtnetlink.js';
import { ERRNO } from './netlink-error.js';

/** A network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** The administrator's wish (IFF_UP). */
  readonly isUp: boolean;
  /** The carrier, for all kinds of links (IFF_LOWER_UP). */
  readonly hasLowerUp: boolean;
  /**
   * Up, and the kernel does not send yet: it takes up to a second after a carrier came back until the queues are in
   * service (net/core/link_watch.c), and an interface that waits for 802.1X (DORMANT) shows the same. `ip` says
   * NO-CARRIER.
   */
  readonly isNotRunning: boolean;
  readonly operState: OperState;
  /** Bytes. */
  readonly mtu: number;
  /** Lower case, colons; undefined where the interface has none. */
  readonly macAddress: string | undefined;
  /** What the hardware came with; undefined where it does not say, as a veth, or a kernel before 5.6. */
  readonly permanentMacAddress?: string | undefined;
  /** The device it rests on: `pci` and `0000:02:00.0`, `usb` and `1-1.2:1.0`; undefined: none, or Linux before 5.14. */
  readonly parentDevice?: { readonly bus: string; readonly name: string } | undefined;
  readonly alias: string | undefined;
  /** Index of the bridge or bond that it is a member of. */
  readonly masterIndex: number | undefined;
  /** `bridge`, `veth`, `tun`, ...; undefined for plain hardware. */
  readonly kind: string | undefined;
  /**
   * Of a bridge: whether the hooks of IP see what it passes from member to member (br_netfilter); undefined: it is
   * none, or the kernel cannot.
   */
  readonly filtersMembers?: boolean | undefined;
  /** Of a bridge: whether it passes LLDP frames on, which end at other bridges; undefined: it is none. */
  readonly forwardsLldp?: boolean | undefined;
  /** Of a member of a bridge: whether a frame that came in by it may leave by it; undefined: it is no such member. */
  readonly isHairpin?: boolean | undefined;
}

/** RFC 2863, in the order of linux/if.h's IF_OPER_*. */
const OPER_STATES = ['unknown', 'not-present', 'down', 'lower-layer-down', 'testing', 'dormant', 'up'] as const;
export type OperState = (typeof OPER_STATES)[number];

/** Of a bridge to make; what is undefined is the kernel's to choose. */
export interface BridgeSettings {
  /** Six bytes in hexadecimal with colons between them. */
  readonly macAddress?: string;
  /** Bytes. */
  readonly mtu?: number;
  /** Whether the hooks of IP see what it passes from member to member; a kernel that cannot takes no notice. */
  readonly filtersMembers?: boolean | undefined;
  /** Whether it passes LLDP frames on. */
  readonly forwardsLldp?: boolean | undefined;
}

/** What `link-set` changes of a link; what is undefined stays. */
export interface LinkSettings extends BridgeSettings {
  /** Empty: none any more. */
  readonly alias?: string;
  readonly isUp?: boolean;
  /** Of a member of a bridge. */
  readonly isHairpin?: boolean;
}

const IFF = { up: 0x1, running: 0x40, lowerUp: 0x10000 } as const;
/** The bit of the group address 01:80:c2:00:00:0e (linux/if_bridge.h, group_fwd_mask). */
const FORWARD_LLDP = 0x4000;
/** Without counters: link-counters.ts asks for them. */
const RTEXT_FILTER_SKIP_STATS = 8;

/** The link of that name or index; undefined where there is none. @throws NetlinkError */
export function readLink(socket: NetlinkSocket, which: string | number): Link | undefined {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getLink, 0, () => {
    writer.raw(header(typeof which === 'number' ? which : 0));
    if (typeof which === 'string') writer.string(IFLA.name, which);
    writer.u32(IFLA.extendedMask, RTEXT_FILTER_SKIP_STATS);
  });
  const answer = socket.ask(writer.bytes, sequence);
  if (isMessage(answer)) return linkIn(answer);
  if (answer.errno === ERRNO.noDevice) return undefined;
  throw refusal(`link show ${which}`, answer);
}

/** Every link. @throws NetlinkError */
export function readLinks(socket: NetlinkSocket): readonly Link[] {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getLink, FLAG.dump, () => {
    writer.raw(header(0));
    writer.u32(IFLA.extendedMask, RTEXT_FILTER_SKIP_STATS);
  });
  return wholeListing(socket, 'link show', writer.bytes, sequence, linkIn);
}

/** Asks for a new bridge, down. An alias it takes by `writeLinkSet` only. */
export function writeBridgeAdd(writer: MessageWriter, name: string, settings: BridgeSettings): number {
  return writer.message(RTM.newLink, FLAG.create | FLAG.exclusive | FLAG.acknowledge, () => {
    writer.raw(header(0));
    writer.string(IFLA.name, name);
    writeSettings(writer, settings);
    writeBridgeInfo(writer, settings);
  });
}

/** Asks for changes of the link of that name. */
export function writeLinkSet(writer: MessageWriter, name: string, settings: LinkSettings): number {
  return writer.message(RTM.newLink, FLAG.acknowledge, () => {
    const flags = settings.isUp === undefined ? [0, 0] : [settings.isUp ? IFF.up : 0, IFF.up];
    writer.raw(header(0, ...flags));
    writer.string(IFLA.name, name);
    writeSettings(writer, settings);
    if (settings.filtersMembers !== undefined || settings.forwardsLldp !== undefined) writeBridgeInfo(writer, settings);
    if (settings.isHairpin !== undefined) writeMemberInfo(writer, settings.isHairpin);
  });
}

function writeMemberInfo(writer: MessageWriter, isHairpin: boolean): void {
  writer.nested(IFLA.linkInfo, () => {
    writer.string(IFLA_INFO_SLAVE_KIND, 'bridge');
    writer.nested(IFLA_INFO_SLAVE_DATA, () => {
      writer.u8(IFLA_BRPORT.mode, isHairpin ? 1 : 0);
    });
  });
}

function writeBridgeInfo(writer: MessageWriter, { filtersMembers, forwardsLldp }: BridgeSettings): void {
  writer.nested(IFLA.linkInfo, () => {
    writer.string(IFLA_INFO_KIND, 'bridge');
    if (filtersMembers === undefined && forwardsLldp === undefined) return;
    writer.nested(IFLA_INFO_DATA, () => {
      if (forwardsLldp !== undefined) writer.u16(IFLA_BR.groupForwardMask, forwardsLldp ? FORWARD_LLDP : 0);
      if (filtersMembers === undefined) return;
      writer.u8(IFLA_BR.nfCallIptables, filtersMembers ? 1 : 0);
      writer.u8(IFLA_BR.nfCallIp6tables, filtersMembers ? 1 : 0);
    });
  });
}

/** Asks for a new pair of virtual interfaces, down: what goes into one comes out of the other. */
export function writeVethAdd(writer: MessageWriter, name: string, peer: string): number {
  return writer.message(RTM.newLink, FLAG.create | FLAG.exclusive | FLAG.acknowledge, () => {
    writer.raw(header(0));
    writer.string(IFLA.name, name);
    writer.nested(IFLA.linkInfo, () => {
      writer.string(IFLA_INFO_KIND, 'veth');
      writer.nested(IFLA_INFO_DATA, () => {
        writer.nested(VETH_INFO_PEER, () => {
          writer.raw(header(0));
          writer.string(IFLA.name, peer);
        });
      });
    });
  });
}

/** Asks for a new WireGuard device, down. */
export function writeWireGuardAdd(writer: MessageWriter, name: string): number {
  return writer.message(RTM.newLink, FLAG.create | FLAG.exclusive | FLAG.acknowledge, () => {
    writer.raw(header(0));
    writer.string(IFLA.name, name);
    writer.nested(IFLA.linkInfo, () => {
      writer.string(IFLA_INFO_KIND, 'wireguard');
    });
  });
}

/** Asks for another name of the link with that index, which has to be down. */
export function writeLinkRename(writer: MessageWriter, linkIndex: number, name: string): number {
  return writer.message(RTM.newLink, FLAG.acknowledge, () => {
    writer.raw(header(linkIndex));
    writer.string(IFLA.name, name);
  });
}

/** Asks for the link of that name to be put into the bridge with that index. */
export function writeLinkAttach(writer: MessageWriter, name: string, bridgeIndex: number): number {
  return writer.message(RTM.newLink, FLAG.acknowledge, () => {
    writer.raw(header(0));
    writer.string(IFLA.name, name);
    writer.u32(IFLA.master, bridgeIndex);
  });
}

/** Asks for the link of that name to be taken out of its bridge. */
export function writeLinkDetach(writer: MessageWriter, name: string): number {
  return writer.message(RTM.newLink, FLAG.acknowledge, () => {
    writer.raw(header(0));
    writer.string(IFLA.name, name);
    writer.u32(IFLA.master, 0);
  });
}

/** Asks for the end of the link of that name. */
export function writeLinkDelete(writer: MessageWriter, name: string): number {
  return writer.message(RTM.deleteLink, FLAG.acknowledge, () => {
    writer.raw(header(0));
    writer.string(IFLA.name, name);
  });
}

function writeSettings(writer: MessageWriter, { macAddress, mtu, alias }: LinkSettings): void {
  if (macAddress !== undefined) writer.bytesAttribute(IFLA.address, macAddressBytes(macAddress));
  if (mtu !== undefined) writer.u32(IFLA.mtu, mtu);
  // Without the zero at its end: the kernel takes the attribute's length for the alias's.
  if (alias !== undefined) writer.bytesAttribute(IFLA.alias, Buffer.from(alias));
}

/** @throws RangeError where the text is none: the kernel would take the zeros that were made of it. */
function macAddressBytes(text: string): Uint8Array {
  if (!/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(text)) throw new RangeError(`${JSON.stringify(text)} is no MAC address`);
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
}

function header(index: number, flags = 0, changeMask = 0): Uint8Array {
  const bytes = Buffer.alloc(HEADER.link);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(changeMask, 12);
  return bytes;
}

function linkIn({ type, body }: Message): Link | undefined {
  if (type !== RTM.newLink) return undefined;
  const fields = attributes(body, HEADER.link);
  const name = fields.get(IFLA.name);
  if (name === undefined) return undefined;
  const flags = body.readUInt32LE(8);
  const [address, alias] = [fields.get(IFLA.address), fields.get(IFLA.alias)];
  const info = inside(fields, IFLA.linkInfo);
  const kind = info.get(IFLA_INFO_KIND);
  const isUp = (flags & IFF.up) !== 0;
  return {
    index: body.readInt32LE(4),
    name: text(name),
    isUp,
    hasLowerUp: (flags & IFF.lowerUp) !== 0,
    isNotRunning: isUp && (flags & IFF.running) === 0,
    operState: OPER_STATES[fields.get(IFLA.operState)?.readUInt8() ?? 0] ?? 'unknown',
    mtu: fields.get(IFLA.mtu)?.readUInt32LE() ?? 0,
    macAddress: address === undefined || address.length === 0 ? undefined : formatMacAddress(address),
    ...hardwareIn(fields),
    alias: alias === undefined ? undefined : text(alias),
    masterIndex: fields.get(IFLA.master)?.readUInt32LE(),
    kind: kind === undefined ? undefined : text(kind),
    ...(kind === undefined || text(kind) !== 'bridge' ? {} : bridgeIn(inside(info, IFLA_INFO_DATA))),
    ...memberIn(info),
  };
}

function bridgeIn(data: ReadonlyMap<number, Buffer>): Pick<Link, 'filtersMembers' | 'forwardsLldp'> {
  const calls = [IFLA_BR.nfCallIptables, IFLA_BR.nfCallIp6tables].map((each) => data.get(each)?.readUInt8());
  const forwarded = data.get(IFLA_BR.groupForwardMask)?.readUInt16LE();
  return {
    ...(calls.includes(undefined) ? {} : { filtersMembers: calls.every((call) => call !== 0) }),
    ...(forwarded === undefined ? {} : { forwardsLldp: (forwarded & FORWARD_LLDP) !== 0 }),
  };
}

function memberIn(info: ReadonlyMap<number, Buffer>): Pick<Link, 'isHairpin'> {
  const kind = info.get(IFLA_INFO_SLAVE_KIND);
  if (kind === undefined || text(kind) !== 'bridge') return {};
  const mode = inside(info, IFLA_INFO_SLAVE_DATA).get(IFLA_BRPORT.mode)?.readUInt8();
  return mode === undefined ? {} : { isHairpin: mode !== 0 };
}

function hardwareIn(fields: ReadonlyMap<number, Buffer>): Pick<Link, 'permanentMacAddress' | 'parentDevice'> {
  const [permanent, bus, name] = [IFLA.permanentAddress, IFLA.parentBusName, IFLA.parentDeviceName].map((each) =>
    fields.get(each),
  );
  return {
    ...(permanent === undefined || permanent.length === 0 ? {} : { permanentMacAddress: formatMacAddress(permanent) }),
    ...(bus === undefined || name === undefined ? {} : { parentDevice: { bus: text(bus), name: text(name) } }),
  };
}

/** `02:16:3e:06:00:01` */
export function formatMacAddress(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** As the words of `ip link set` after the name. */
export function formatLinkSettings(settings: LinkSettings): string {
  const { macAddress, mtu, alias, isUp, filtersMembers, forwardsLldp, isHairpin } = settings;
  const call = filtersMembers === true ? 1 : 0;
  return [
    ...(macAddress === undefined ? [] : ['address', macAddress]),
    ...(mtu === undefined ? [] : ['mtu', String(mtu)]),
    ...(alias === undefined ? [] : ['alias', alias]),
    ...(isUp === undefined ? [] : [isUp ? 'up' : 'down']),
    ...(filtersMembers === undefined ? [] : [`type bridge nf_call_iptables ${call} nf_call_ip6tables ${call}`]),
    ...(forwardsLldp === undefined
      ? []
      : [`type bridge group_fwd_mask ${forwardsLldp ? `0x${FORWARD_LLDP.toString(16)}` : '0'}`]),
    ...(isHairpin === undefined ? [] : [`type bridge_slave hairpin ${isHairpin ? 'on' : 'off'}`]),
  ].join(' ');
}

/** As the words of `ip link add` after the name. */
export function formatBridgeSettings(settings: BridgeSettings): string {
  const words = formatLinkSettings(settings);
  const isTyped = settings.filtersMembers !== undefined || settings.forwardsLldp !== undefined;
  return isTyped ? words : `${words} type bridge`.trimStart();
}
