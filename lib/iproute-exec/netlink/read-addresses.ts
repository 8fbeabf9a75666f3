import { addressText, familyName } from './addresses.js';
import { attributes, type Message } from './message-reader.js';
import { FLAG, MessageWriter } from './message-writer.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { wholeListing } from './refusals.js';
import { HEADER, IFA, RTM } from './rtnetlink.js';

/** An address with the fields of `ip -j -d -N address show` that ip-json/addresses.ts reads. */
export interface AddressObject {
  /** Index of its link. */
  readonly index: number;
  readonly family: 'inet' | 'inet6';
  readonly local: string;
  readonly prefixlen: number;
  readonly scope: string;
  readonly valid_life_time: number;
  readonly dynamic?: true;
  readonly tentative?: true;
  readonly dadfailed?: true;
}

const IFA_F = { dadFailed: 0x08, tentative: 0x40, permanent: 0x80 } as const;
const FOREVER_SECONDS = 0xffff_ffff;

/** The addresses of the link with that index, or of all links, in the kernel's order. */
export function readAddresses(socket: NetlinkSocket, index = 0): readonly AddressObject[] {
  const writer = new MessageWriter();
  const header = Buffer.alloc(HEADER.address);
  header.writeUInt32LE(index, 4);
  const sequence = writer.message(RTM.getAddress, FLAG.dump, () => {
    writer.raw(header);
  });
  const all = wholeListing(socket, 'address show', writer.bytes, sequence, addressIn);
  // Kernels before 4.20 answer with those of every link.
  return index === 0 ? all : all.filter((address) => address.index === index);
}

function addressIn({ type, body }: Message): AddressObject | undefined {
  const family = familyName(body.readUInt8(0));
  if (type !== RTM.newAddress || family === undefined) return undefined;
  const fields = attributes(body, HEADER.address);
  // On a point-to-point link IFA_ADDRESS is the other end.
  const local = fields.get(IFA.local) ?? fields.get(IFA.address);
  if (local === undefined) return undefined;
  const flags = fields.get(IFA.flags)?.readUInt32LE() ?? body.readUInt8(2);
  return {
    index: body.readUInt32LE(4),
    family,
    local: addressText(local),
    prefixlen: body.readUInt8(1),
    scope: String(body.readUInt8(3)),
    valid_life_time: fields.get(IFA.cacheInfo)?.readUInt32LE(4) ?? FOREVER_SECONDS,
    ...((flags & IFA_F.permanent) === 0 ? { dynamic: true } : {}),
    ...((flags & IFA_F.tentative) !== 0 ? { tentative: true } : {}),
    ...((flags & IFA_F.dadFailed) !== 0 ? { dadfailed: true } : {}),
  };
}
