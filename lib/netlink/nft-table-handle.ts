import { attributes } from './wire/message-reader.js';
import { MessageWriter } from './wire/message-writer.js';
import { isMessage } from './wire/netlink-socket.js';
import { messageType, NFGENMSG_BYTES, nfgenmsg, NFNL_SUBSYS, NFPROTO, type NftFamily } from './wire/nfnetlink.js';
import { refusal } from './wire/listing.js';
import { withSocket } from './wire/sockets.js';
import { ERRNO } from './netlink-error.js';

const NFT_MSG_GETTABLE = 1;
const NFTA_TABLE = { name: 1, handle: 4 } as const;

/**
 * The number that the kernel gave a table when it was made, and gives to no other until it starts anew: what its sets
 * have counted began with it. Undefined where there is no such table.
 * @throws NetlinkError where the kernel refuses otherwise, or cannot be asked from here.
 */
export function readNftTableHandle(place: {
  readonly family: NftFamily;
  readonly table: string;
  readonly namespace?: string | undefined;
}): bigint | undefined {
  const writer = new MessageWriter();
  const sequence = writer.message(messageType(NFNL_SUBSYS.nftables, NFT_MSG_GETTABLE), 0, () => {
    writer.raw(nfgenmsg(NFPROTO[place.family]));
    writer.string(NFTA_TABLE.name, place.table);
  });
  const answer = withSocket('nftables', place.namespace, (socket) => socket.ask(writer.bytes, sequence));
  if (isMessage(answer)) return attributes(answer.body, NFGENMSG_BYTES).get(NFTA_TABLE.handle)?.readBigUInt64BE();
  if (answer.errno === ERRNO.noEntry) return undefined;
  throw refusal(`list table ${place.family} ${place.table}`, answer);
}
