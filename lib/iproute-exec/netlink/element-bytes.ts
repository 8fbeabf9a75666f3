import { ipv4Bytes } from './addresses.js';

/** What a part of an element's key or value may be. */
export type ElementPart = 'ifname' | 'mark' | 'ipv4_addr' | 'inet_proto' | 'inet_service' | 'zone';

const IFNAMSIZ = 16;
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', 6],
  ['udp', 17],
]);

/**
 * A key or value as the kernel keeps it, from the words of nft: `"bn1" . "eth0"`, `0xe0010000 . tcp . 8080`. In a
 * concatenation each part is padded to four bytes.
 * @throws RangeError where the words are not of these types.
 */
export function elementBytes(types: readonly ElementPart[], words: string): Buffer {
  const parts = words.split(' . ');
  if (parts.length !== types.length) throw new RangeError(`${words} has not ${types.length} parts`);
  const bytes = types.map((type, index) => partBytes(type, parts[index] ?? ''));
  const [only] = bytes;
  if (only !== undefined && bytes.length === 1) return only;
  return Buffer.concat(bytes.flatMap((part) => [part, Buffer.alloc((4 - (part.length % 4)) % 4)]));
}

function partBytes(type: ElementPart, word: string): Buffer {
  switch (type) {
    case 'ifname':
      return interfaceName(word);
    case 'mark': {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(numberIn(word, 0xffff_ffff));
      return bytes;
    }
    case 'zone': {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16LE(numberIn(word, 0xffff));
      return bytes;
    }
    case 'inet_service': {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16BE(numberIn(word, 0xffff));
      return bytes;
    }
    case 'inet_proto':
      return Buffer.from([PROTOCOLS.get(word) ?? numberIn(word, 0xff)]);
    case 'ipv4_addr': {
      const bytes = ipv4Bytes(word);
      if (bytes === undefined) throw new RangeError(`${word} is no IPv4 address`);
      return Buffer.from(bytes);
    }
  }
}

function interfaceName(word: string): Buffer {
  const name = Buffer.from(/^"([^"]*)"$/.exec(word)?.[1] ?? '');
  if (name.length === 0 || name.length >= IFNAMSIZ) throw new RangeError(`${word} is no interface name in quotes`);
  return Buffer.concat([name, Buffer.alloc(IFNAMSIZ - name.length)]);
}

function numberIn(word: string, largest: number): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(word) ? Number(word) : Number.NaN;
  if (!(value <= largest)) throw new RangeError(`${word} is no number up to ${largest}`);
  return value;
}
