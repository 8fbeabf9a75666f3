import { ipv4Bytes } from './ip-address.js';

/** One end of a TCP session. */
export interface TcpEndpoint {
  /** IPv4, dotted. */
  readonly address: string;
  readonly port: number;
}

const IP_HEADER_BYTES = 20;
const TCP_HEADER_BYTES = 32;
const DO_NOT_FRAGMENT = 0x4000;
const TIME_TO_LIVE = 64;
const PROTOCOL_TCP = 6;
const FLAG_SYN = 0x02;
const WINDOW = 1_024;
/** Two that do nothing, then a timestamp (RFC 7323): kind, length, the sender's clock, and no echo. */
const OPTIONS = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0];

/**
 * An IPv4 packet with a bare SYN, which whoever has an open session between the two answers with an ACK of where it
 * stands (RFC 5961, 4.2), and changes nothing.
 *
 * A SYN, because a bare ACK outside the window is not always answered: a connection tracker in the app calls it
 * invalid, and newer Linux passes over an old one. With a timestamp, because some drop what has none in a session that
 * has (RFC 7323, 3.2); whether it is older or newer than the last one, the answer is the same.
 * @throws RangeError where an address is no IPv4 address.
 */
export function challengeSegment(from: TcpEndpoint, to: TcpEndpoint, sequence: number): Buffer {
  const packet = Buffer.alloc(IP_HEADER_BYTES + TCP_HEADER_BYTES);
  const ip = packet.subarray(0, IP_HEADER_BYTES);
  const tcp = packet.subarray(IP_HEADER_BYTES);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(packet.length, 2);
  ip.writeUInt16BE(DO_NOT_FRAGMENT, 6);
  ip.writeUInt8(TIME_TO_LIVE, 8);
  ip.writeUInt8(PROTOCOL_TCP, 9);
  ip.set(addressBytes(from), 12);
  ip.set(addressBytes(to), 16);
  ip.writeUInt16BE(checksum(sumOf(ip)), 10);

  tcp.writeUInt16BE(from.port, 0);
  tcp.writeUInt16BE(to.port, 2);
  tcp.writeUInt32BE(sequence >>> 0, 4);
  tcp.writeUInt8((TCP_HEADER_BYTES / 4) << 4, 12);
  tcp.writeUInt8(FLAG_SYN, 13);
  tcp.writeUInt16BE(WINDOW, 14);
  tcp.set(OPTIONS, 20);
  const pseudoHeader = sumOf(ip.subarray(12)) + PROTOCOL_TCP + TCP_HEADER_BYTES;
  tcp.writeUInt16BE(checksum(pseudoHeader + sumOf(tcp)), 16);
  return packet;
}

function addressBytes({ address }: TcpEndpoint): Uint8Array {
  const bytes = ipv4Bytes(address);
  if (bytes === undefined) throw new RangeError(`${JSON.stringify(address)} is no IPv4 address`);
  return bytes;
}

/** Of 16 bit words; all that is summed here is of even length. */
function sumOf(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  return sum;
}

/** RFC 1071. */
function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}
