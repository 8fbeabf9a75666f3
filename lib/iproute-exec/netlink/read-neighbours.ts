import { addressText, AF_INET } from './addresses.js';
import { attributes, type Message } from './message-reader.js';
import { FLAG, MessageWriter } from './message-writer.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { wholeListing } from './refusals.js';
import { HEADER, NDA, RTM } from './rtnetlink.js';

/** An IPv4 neighbour whose link address the kernel knows, or knew last. */
export interface Neighbour {
  /** Index of the link behind which it is. */
  readonly index: number;
  readonly address: string;
  readonly linkAddress: Uint8Array;
}

/** All of them, of every link. */
export function readNeighbours(socket: NetlinkSocket): readonly Neighbour[] {
  const writer = new MessageWriter();
  const header = Buffer.alloc(HEADER.neighbour);
  header.writeUInt8(AF_INET, 0);
  const sequence = writer.message(RTM.getNeighbour, FLAG.dump, () => {
    writer.raw(header);
  });
  return wholeListing(socket, 'neigh show', writer.bytes, sequence, neighbourIn);
}

function neighbourIn({ type, body }: Message): Neighbour | undefined {
  if (type !== RTM.newNeighbour) return undefined;
  const fields = attributes(body, HEADER.neighbour);
  const [address, linkAddress] = [fields.get(NDA.destination), fields.get(NDA.linkAddress)];
  if (address === undefined || linkAddress === undefined) return undefined;
  // A copy: the buffer is that of every receipt.
  return { index: body.readInt32LE(4), address: addressText(address), linkAddress: Uint8Array.from(linkAddress) };
}
