import { addressBytes, addressText, AF_INET, familyNumber, familyOf } from './ip-address.js';
import { ERRNO } from './netlink-error.js';
import { attributes, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import { isMessage, type NetlinkSocket } from './wire/netlink-socket.js';
import { refusal, wholeListing } from './wire/listing.js';
import { HEADER, NDA, RTM } from './wire/rtnetlink.js';

/** What the kernel knows of a host on a link (ARP, or neighbour discovery). */
export interface Neighbour {
  /** Index of the link behind which it is. */
  readonly linkIndex: number;
  readonly address: string;
  /** Undefined: not known. */
  readonly linkAddress: Uint8Array | undefined;
  /** `silent`: it was asked for and has not answered. `known`: it has answered, if not just now. */
  readonly state: 'silent' | 'known';
}

const NTF_USE = 1;
/** linux/neighbour.h */
const NUD = { incomplete: 0x01, failed: 0x20 } as const;

/** All IPv4 neighbours, of every link. @throws NetlinkError */
export function readNeighbours(socket: NetlinkSocket): readonly Neighbour[] {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getNeighbour, FLAG.dump, () => {
    writer.raw(header(AF_INET, 0, 0));
  });
  return wholeListing(socket, 'neigh show', writer.bytes, sequence, neighbourIn);
}

/**
 * One neighbour (Linux 5.0); undefined where nobody has asked for it lately, or there is no such link.
 * @throws NetlinkError
 */
export function readNeighbour(socket: NetlinkSocket, linkIndex: number, address: string): Neighbour | undefined {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getNeighbour, 0, () => {
    writer.raw(header(familyNumber(familyOf(address)), linkIndex, 0));
    writer.bytesAttribute(NDA.destination, addressBytes(address));
  });
  const answer = socket.ask(writer.bytes, sequence);
  if (isMessage(answer)) return neighbourIn(answer);
  if (answer.errno === ERRNO.noEntry || answer.errno === ERRNO.noDevice) return undefined;
  throw refusal(`neigh get ${address}`, answer);
}

/** Asks the kernel to look for a neighbour as if there were a packet for it. */
export function writeNeighbourResolve(writer: MessageWriter, address: string, linkIndex: number): number {
  return writer.message(RTM.newNeighbour, FLAG.create | FLAG.replace | FLAG.acknowledge, () => {
    writer.raw(header(familyNumber(familyOf(address)), linkIndex, NTF_USE));
    writer.bytesAttribute(NDA.destination, addressBytes(address));
  });
}

function header(family: number, linkIndex: number, flags: number): Uint8Array {
  const bytes = Buffer.alloc(HEADER.neighbour);
  bytes.writeUInt8(family, 0);
  bytes.writeInt32LE(linkIndex, 4);
  bytes.writeUInt8(flags, 10);
  return bytes;
}

function neighbourIn({ type, body }: Message): Neighbour | undefined {
  if (type !== RTM.newNeighbour) return undefined;
  const fields = attributes(body, HEADER.neighbour);
  const [address, linkAddress] = [fields.get(NDA.destination), fields.get(NDA.linkAddress)];
  if (address === undefined) return undefined;
  const isSilent = (body.readUInt16LE(8) & (NUD.incomplete | NUD.failed)) !== 0;
  return {
    linkIndex: body.readInt32LE(4),
    address: addressText(address),
    // A copy: the buffer is that of every receipt.
    linkAddress: linkAddress === undefined ? undefined : Uint8Array.from(linkAddress),
    state: isSilent ? 'silent' : 'known',
  };
}
