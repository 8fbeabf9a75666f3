import { attributes } from './message-reader.js';
import { MessageWriter } from './message-writer.js';
import { isKernelError } from './netlink-socket.js';
import { messageType, NFGENMSG_BYTES, nfgenmsg, NFNL_SUBSYS } from './nfnetlink.js';
import { refused } from './refusals.js';
import { withSocket } from './sockets.js';

const NFT_MSG_GETGEN = 16;
const NFTA_GEN_ID = 1;

/**
 * The number of the ruleset's present generation: each transaction, by whomever and on whichever table, adds one. As long
 * as it stays, nothing has changed; to ask takes some 20 us.
 * @throws CommandError where the kernel refuses, or cannot be called from here.
 */
export function readNftGeneration(namespace?: string): number {
  const writer = new MessageWriter();
  const sequence = writer.message(messageType(NFNL_SUBSYS.nftables, NFT_MSG_GETGEN), 0, () => {
    writer.raw(nfgenmsg(0));
  });
  const answer = withSocket('nftables', namespace, (socket) => socket.ask(writer.bytes, sequence));
  if (isKernelError(answer)) throw refused('nft generation', answer);
  return attributes(answer.body, NFGENMSG_BYTES).get(NFTA_GEN_ID)?.readUInt32BE() ?? 0;
}
