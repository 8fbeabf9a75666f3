import { attributes } from './wire/message-reader.js';
import { MessageWriter } from './wire/message-writer.js';
import { isMessage } from './wire/netlink-socket.js';
import { refusal } from './wire/listing.js';
import { HEADER, IFLA, RTM } from './wire/rtnetlink.js';
import { withSocket } from './wire/sockets.js';
import { ERRNO } from './netlink-error.js';

/** What a link has sent and received since it was made, as its driver counts it. */
export interface LinkCounters {
  /** A link that is made anew under the same name has another one, and counts from zero. */
  readonly linkIndex: number;
  /** Bytes of the link's own header in front of each packet that are in the bytes: 14 on Ethernet, else 0. */
  readonly headerBytes: number;
  readonly sentPackets: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly receivedBytes: number;
}

/** ARPHRD_ETHER and ETH_HLEN (linux/if_arp.h, linux/if_ether.h). */
const ETHERNET = { type: 1, headerBytes: 14 } as const;

/** Of struct rtnl_link_stats64 (linux/if_link.h). */
const STATS = { receivedPackets: 0, sentPackets: 8, receivedBytes: 16, sentBytes: 24 } as const;

/**
 * The counters of the link of that name: some 20 us. Undefined where there is no such link.
 * @throws NetlinkError where the kernel refuses otherwise, or cannot be asked from here.
 */
export function readLinkCounters(name: string, namespace: string | undefined): LinkCounters | undefined {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getLink, 0, () => {
    writer.raw(Buffer.alloc(HEADER.link));
    writer.string(IFLA.name, name);
  });
  const answer = withSocket('route', namespace, (socket) => socket.ask(writer.bytes, sequence));
  if (!isMessage(answer)) {
    if (answer.errno === ERRNO.noDevice) return undefined;
    throw refusal(`link show ${name}`, answer);
  }
  const stats = attributes(answer.body, HEADER.link).get(IFLA.stats64);
  if (stats === undefined) return undefined;
  const count = (at: number): number => Number(stats.readBigUInt64LE(at));
  return {
    linkIndex: answer.body.readInt32LE(4),
    headerBytes: answer.body.readUInt16LE(2) === ETHERNET.type ? ETHERNET.headerBytes : 0,
    sentPackets: count(STATS.sentPackets),
    sentBytes: count(STATS.sentBytes),
    receivedPackets: count(STATS.receivedPackets),
    receivedBytes: count(STATS.receivedBytes),
  };
}
