import { addressBytes, addressText, familyName, familyNumber, familyOf, type IpFamily } from './ip-address.js';
import { ERRNO, NetlinkError } from './netlink-error.js';
import { attributes, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { wholeListing } from './wire/listing.js';
import { HEADER, IFA, RTM } from './wire/rtnetlink.js';

/** An IP address of a link. */
export interface LinkAddress {
  readonly linkIndex: number;
  readonly family: IpFamily;
  readonly address: string;
  readonly prefixLength: number;
  readonly scope: AddressScope;
  /** Infinity: it does not end. */
  readonly validLifetimeSeconds: number;
  /** Somebody gave it for a time (DHCP, router advertisement). */
  readonly isDynamic: boolean;
  /** IPv6: not known to be nobody else's yet, or known to be. */
  readonly isTentative: boolean;
  /** New connections should not begin from it. */
  readonly isDeprecated: boolean;
}

export type AddressScope = 'global' | 'site' | 'link' | 'host' | 'nowhere' | 'other';

/** linux/rtnetlink.h, RT_SCOPE_* */
const SCOPES: Readonly<Record<number, AddressScope>> = {
  0: 'global',
  200: 'site',
  253: 'link',
  254: 'host',
  255: 'nowhere',
};
const IFA_F = { dadFailed: 0x08, deprecated: 0x20, tentative: 0x40, permanent: 0x80 } as const;
const FOREVER_SECONDS = 0xffff_ffff;

/**
 * The addresses of the link with that index (none where there is no such link), or of all links, in the kernel's order.
 * @throws NetlinkError
 */
export function readAddresses(socket: NetlinkSocket, linkIndex = 0): readonly LinkAddress[] {
  const writer = new MessageWriter();
  const header = Buffer.alloc(HEADER.address);
  header.writeUInt32LE(linkIndex, 4);
  const sequence = writer.message(RTM.getAddress, FLAG.dump, () => {
    writer.raw(header);
  });
  try {
    const all = wholeListing(socket, 'address show', writer.bytes, sequence, addressIn);
    // Kernels before 4.20 answer with those of every link.
    return linkIndex === 0 ? all : all.filter((address) => address.linkIndex === linkIndex);
  } catch (error) {
    // A link may go at any moment.
    if (error instanceof NetlinkError && error.errno === ERRNO.noDevice) return [];
    throw error;
  }
}

/** Asks for an address to be added to, or taken from, the link with that index. */
export function writeAddress(
  writer: MessageWriter,
  verb: 'add' | 'delete',
  { address, prefixLength }: Pick<LinkAddress, 'address' | 'prefixLength'>,
  linkIndex: number,
): number {
  const [type, flags] = verb === 'add' ? [RTM.newAddress, FLAG.create | FLAG.exclusive] : [RTM.deleteAddress, 0];
  return writer.message(type, flags | FLAG.acknowledge, () => {
    const header = Buffer.alloc(HEADER.address);
    header.writeUInt8(familyNumber(familyOf(address)), 0);
    header.writeUInt8(prefixLength, 1);
    header.writeUInt32LE(linkIndex, 4);
    writer.raw(header);
    const bytes = addressBytes(address);
    writer.bytesAttribute(IFA.local, bytes);
    writer.bytesAttribute(IFA.address, bytes);
  });
}

/** `10.77.0.1/24` */
export function formatLinkAddress({ address, prefixLength }: Pick<LinkAddress, 'address' | 'prefixLength'>): string {
  return `${address}/${prefixLength}`;
}

function addressIn({ type, body }: Message): LinkAddress | undefined {
  const family = familyName(body.readUInt8(0));
  if (type !== RTM.newAddress || family === undefined) return undefined;
  const fields = attributes(body, HEADER.address);
  // On a point-to-point link IFA_ADDRESS is the other end.
  const local = fields.get(IFA.local) ?? fields.get(IFA.address);
  if (local === undefined) return undefined;
  const flags = fields.get(IFA.flags)?.readUInt32LE() ?? body.readUInt8(2);
  const validSeconds = fields.get(IFA.cacheInfo)?.readUInt32LE(4) ?? FOREVER_SECONDS;
  return {
    linkIndex: body.readUInt32LE(4),
    family,
    address: addressText(local),
    prefixLength: body.readUInt8(1),
    scope: SCOPES[body.readUInt8(3)] ?? 'other',
    validLifetimeSeconds: validSeconds === FOREVER_SECONDS ? Infinity : validSeconds,
    isDynamic: (flags & IFA_F.permanent) === 0,
    isTentative: (flags & (IFA_F.tentative | IFA_F.dadFailed)) !== 0,
    isDeprecated: (flags & IFA_F.deprecated) !== 0,
  };
}
