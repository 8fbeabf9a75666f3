import { AF_INET } from './ip-address.js';
import { attributes, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { wholeListing } from './wire/listing.js';
import { HEADER, NETCONFA, RTM } from './wire/rtnetlink.js';

/** How the kernel forwards IPv4 at one link: what it tells of `net.ipv4.conf.NAME` (linux/netconf.h). */
export interface ForwardingSettings {
  readonly linkIndex: number;
  readonly forwarding: boolean;
  /** 0: off, 1: strict, 2: loose. The larger one of the link's and of `all` counts. */
  readonly reversePathFilter: number;
  /** Undefined: the kernel does not tell. */
  readonly ignoreRoutesWithLinkdown: boolean | undefined;
}

/** Of every link, without `all` and `default`. @throws NetlinkError */
export function readForwardingSettings(socket: NetlinkSocket): readonly ForwardingSettings[] {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getNetconf, FLAG.dump, () => {
    writer.raw([AF_INET, ...new Array<number>(HEADER.netconf - 1).fill(0)]);
  });
  return wholeListing(socket, 'netconf show', writer.bytes, sequence, forwardingSettingsIn);
}

/** Undefined: of another family, or of no link. */
export function forwardingSettingsIn({ type, body }: Message): ForwardingSettings | undefined {
  if (type !== RTM.newNetconf || body.readUInt8(0) !== AF_INET) return undefined;
  const fields = attributes(body, HEADER.netconf);
  const linkIndex = fields.get(NETCONFA.linkIndex)?.readInt32LE();
  if (linkIndex === undefined || linkIndex < 1) return undefined;
  const ignores = fields.get(NETCONFA.ignoreRoutesWithLinkdown)?.readInt32LE();
  return {
    linkIndex,
    forwarding: fields.get(NETCONFA.forwarding)?.readInt32LE() !== 0,
    reversePathFilter: fields.get(NETCONFA.reversePathFilter)?.readInt32LE() ?? 0,
    ignoreRoutesWithLinkdown: ignores === undefined ? undefined : ignores !== 0,
  };
}
