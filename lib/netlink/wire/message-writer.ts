const HEADER_BYTES = 16;
const ALIGNMENT = 4;
const NESTED = 0x8000;

/** Flags of a request (linux/netlink.h). */
export const FLAG = {
  request: 0x1,
  acknowledge: 0x4,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
} as const;

let nextSequence = 1;

/** Writes netlink messages (RFC 3549, 2.3), one after the other, into one buffer that grows as needed. */
export class MessageWriter {
  #buffer = Buffer.alloc(1024);
  #length = 0;

  /** What has been written. Valid until the next write. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Writes one message; `body` writes what comes after its header. Answers its sequence number. */
  message(type: number, flags: number, body: () => void): number {
    const start = this.#reserve(HEADER_BYTES);
    const sequence = nextSequence;
    nextSequence = (nextSequence % 0x7fffffff) + 1;
    this.#buffer.writeUInt16LE(type, start + 4);
    this.#buffer.writeUInt16LE(flags | FLAG.request, start + 6);
    this.#buffer.writeUInt32LE(sequence, start + 8);
    body();
    this.#buffer.writeUInt32LE(this.#length - start, start);
    return sequence;
  }

  /** Bytes of a fixed header, as they are. */
  raw(bytes: Uint8Array | readonly number[]): void {
    const start = this.#reserve(bytes.length);
    this.#buffer.set(bytes, start);
  }

  /** An attribute with this value. */
  bytesAttribute(type: number, value: Uint8Array): void {
    const start = this.#attributeHeader(type, value.length);
    this.#buffer.set(value, start);
  }

  /** In the machine's byte order. */
  u32(type: number, value: number): void {
    const start = this.#attributeHeader(type, 4);
    this.#buffer.writeUInt32LE(value >>> 0, start);
  }

  /** In network byte order, as netfilter wants it. */
  u32be(type: number, value: number): void {
    const start = this.#attributeHeader(type, 4);
    this.#buffer.writeUInt32BE(value >>> 0, start);
  }

  /** In network byte order, as netfilter wants it. */
  u64be(type: number, value: number): void {
    const start = this.#attributeHeader(type, 8);
    this.#buffer.writeBigUInt64BE(BigInt(value), start);
  }

  /** In the machine's byte order. */
  u16(type: number, value: number): void {
    const start = this.#attributeHeader(type, 2);
    this.#buffer.writeUInt16LE(value, start);
  }

  u8(type: number, value: number): void {
    const start = this.#attributeHeader(type, 1);
    this.#buffer.writeUInt8(value, start);
  }

  /** With the zero at its end. @throws RangeError where there is one before: the kernel would read no further. */
  string(type: number, value: string): void {
    if (value.includes('\0')) throw new RangeError(`${JSON.stringify(value)} has a zero in it`);
    const start = this.#attributeHeader(type, Buffer.byteLength(value) + 1);
    this.#buffer.write(value, start);
  }

  /** An attribute that holds the attributes which `children` writes. */
  nested(type: number, children: () => void): void {
    const start = this.#reserve(ALIGNMENT);
    children();
    this.#buffer.writeUInt16LE(this.#length - start, start);
    this.#buffer.writeUInt16LE(type | NESTED, start + 2);
  }

  #attributeHeader(type: number, valueBytes: number): number {
    const start = this.#reserve(ALIGNMENT + valueBytes);
    this.#buffer.writeUInt16LE(ALIGNMENT + valueBytes, start);
    this.#buffer.writeUInt16LE(type, start + 2);
    return start + ALIGNMENT;
  }

  /** Takes so many bytes, and zeroes up to the next multiple of four. */
  #reserve(count: number): number {
    const start = this.#length;
    const end = start + Math.ceil(count / ALIGNMENT) * ALIGNMENT;
    if (end > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(end, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, start);
      this.#buffer = grown;
    }
    this.#length = end;
    return start;
  }
}
