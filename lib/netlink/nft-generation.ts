import { attributes } from './wire/message-reader.js';
import { MessageWriter } from './wire/message-writer.js';
import { isMessage } from './wire/netlink-socket.js';
import { messageType, NFGENMSG_BYTES, nfgenmsg, NFNL_SUBSYS } from './wire/nfnetlink.js';
import { refusal } from './wire/listing.js';
import { withSocket } from './wire/sockets.js';

const NFT_MSG_GETGEN = 16;
const NFTA_GEN_ID = 1;

/**
 * The number of the ruleset's present generation: each transaction, by whomever and on whichever table, adds one. As
 * long as it stays, nothing has changed; to ask takes some 20 us.
 * @throws NetlinkError where the kernel refuses, or cannot be called from here.
 */
export function readNftGeneration(namespace: string | undefined): number {
  const writer = new MessageWriter();
  const sequence = writer.message(messageType(NFNL_SUBSYS.nftables, NFT_MSG_GETGEN), 0, () => {
    writer.raw(nfgenmsg(0));
  });
  const answer = withSocket('nftables', namespace, (socket) => socket.ask(writer.bytes, sequence));
  if (!isMessage(answer)) throw refusal('nft generation', answer);
  return attributes(answer.body, NFGENMSG_BYTES).get(NFTA_GEN_ID)?.readUInt32BE() ?? 0;
}

/** The number of the generation after that one: the kernel counts in 32 bits, and leaves 0 out. */
export function followingNftGeneration(generation: number): number {
  return generation === 0xffff_ffff ? 1 : generation + 1;
}
