import { addressBytes, addressText, ipv4Bytes } from './ip-address.js';
import { text } from './wire/message-reader.js';

/** What a part of an element's key or value may be, in nft's names. */
export type ElementType =
  | 'ifname'
  | 'mark'
  | 'ether_addr'
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'inet_proto'
  | 'inet_service'
  | 'realm'
  | 'zone'
  | 'verdict';

/**
 * An interface's name, a MAC address, an IP address or a verdict (`jump CHAIN`) as text; a mark, a protocol, a port, a
 * realm or a zone as a number.
 */
export type ElementPart = string | number;

/** Numbers of protocols, by nft's names. */
export const PROTOCOL_NUMBERS = { tcp: 6, udp: 17 } as const;

const PROTOCOL_NAMES: ReadonlyMap<ElementPart, string> = new Map(
  Object.entries(PROTOCOL_NUMBERS).map(([name, number]) => [number, name]),
);

/** As nft writes it: `"bn1" . "eth0"`, `0xe0010000 . tcp . 8080`. */
export function formatParts(types: readonly ElementType[], parts: readonly ElementPart[]): string {
  return parts.map((part, position) => formatPart(types[position], part)).join(' . ');
}

function formatPart(type: ElementType | undefined, part: ElementPart): string {
  switch (type) {
    case 'ifname':
      return `"${part}"`;
    case 'mark':
      return formatMark(Number(part));
    case 'inet_proto':
      return PROTOCOL_NAMES.get(part) ?? String(part);
    default:
      return String(part);
  }
}

/** A mark as nft prints it: 0x and eight digits. */
export function formatMark(mark: number): string {
  return `0x${(mark >>> 0).toString(16).padStart(8, '0')}`;
}

const IFNAMSIZ = 16;

/**
 * A key or value as the kernel keeps it. In a concatenation each part is padded to four bytes.
 * @throws RangeError where the parts are not of these types.
 */
export function elementBytes(types: readonly ElementType[], parts: readonly ElementPart[]): Buffer {
  if (parts.length !== types.length) throw new RangeError(`${parts.join(' . ')} has not ${types.length} parts`);
  const bytes = types.map((type, position) => partBytes(type, parts[position] ?? ''));
  const [only] = bytes;
  if (only !== undefined && bytes.length === 1) return only;
  return Buffer.concat(bytes.flatMap((part) => [part, Buffer.alloc((4 - (part.length % 4)) % 4)]));
}

function partBytes(type: ElementType, part: ElementPart): Buffer {
  switch (type) {
    case 'ifname': {
      const name = Buffer.from(String(part));
      if (typeof part !== 'string' || name.length === 0 || name.length >= IFNAMSIZ) {
        throw new RangeError(`${part} is no interface name`);
      }
      return Buffer.concat([name, Buffer.alloc(IFNAMSIZ - name.length)]);
    }
    case 'realm':
    case 'mark': {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(numberUpTo(part, 0xffff_ffff));
      return bytes;
    }
    case 'zone': {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16LE(numberUpTo(part, 0xffff));
      return bytes;
    }
    case 'inet_service': {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16BE(numberUpTo(part, 0xffff));
      return bytes;
    }
    case 'inet_proto':
      return Buffer.from([numberUpTo(part, 0xff)]);
    case 'ipv4_addr': {
      const bytes = ipv4Bytes(String(part));
      if (bytes === undefined) throw new RangeError(`${part} is no IPv4 address`);
      return Buffer.from(bytes);
    }
    case 'ipv6_addr':
      return Buffer.from(addressBytes(String(part)));
    case 'ether_addr':
      return macBytes(String(part));
    case 'verdict':
      throw new RangeError('a verdict is the whole value of a map');
  }
}

function macBytes(text: string): Buffer {
  if (!/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(text)) throw new RangeError(`${text} is no MAC address`);
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

const JUMP = 'jump ';

/** The chain that a verdict leads to. @throws RangeError where it is no jump: elements of ours have no other. */
export function chainOfJump(part: ElementPart | undefined): string {
  if (typeof part !== 'string' || !part.startsWith(JUMP)) throw new RangeError(`${part ?? ''} is no jump to a chain`);
  return part.slice(JUMP.length);
}

/** The verdict that leads to a chain, as nft writes it. */
export function jumpTo(chain: string): string {
  return `${JUMP}${chain}`;
}

function numberUpTo(part: ElementPart, largest: number): number {
  if (typeof part === 'number' && Number.isInteger(part) && part >= 0 && part <= largest) return part;
  throw new RangeError(`${part} is no number up to ${largest}`);
}

/** The parts of a key or value; undefined where the bytes are not of these types. */
export function partsIn(types: readonly ElementType[], bytes: Buffer | undefined): readonly ElementPart[] | undefined {
  if (bytes === undefined) return undefined;
  let at = 0;
  const parts: ElementPart[] = [];
  for (const type of types) {
    const size = PART_BYTES[type];
    if (at + size > bytes.length) return undefined;
    parts.push(partIn(type, bytes.subarray(at, at + size)));
    at += Math.ceil(size / 4) * 4;
  }
  return at < bytes.length ? undefined : parts;
}

const PART_BYTES: Readonly<Record<ElementType, number>> = {
  ifname: IFNAMSIZ,
  mark: 4,
  realm: 4,
  ether_addr: 6,
  ipv4_addr: 4,
  ipv6_addr: 16,
  inet_proto: 1,
  inet_service: 2,
  zone: 2,
  verdict: 0,
};

function partIn(type: ElementType, bytes: Buffer): ElementPart {
  switch (type) {
    case 'ifname':
      return text(bytes);
    case 'realm':
    case 'mark':
      return bytes.readUInt32LE();
    case 'zone':
      return bytes.readUInt16LE();
    case 'inet_service':
      return bytes.readUInt16BE();
    case 'inet_proto':
      return bytes.readUInt8();
    case 'ether_addr':
      return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
    case 'ipv4_addr':
    case 'ipv6_addr':
      return addressText(bytes);
    case 'verdict':
      return '';
  }
}
