const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
/** Without the flags for nesting and byte order. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

/** A netlink message. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What comes after the header; a view into the buffer that it was read from. */
  readonly body: Buffer;
}

/** The messages in a buffer; one that is cut off ends them. */
export function* messagesIn(bytes: Buffer): Generator<Message, void, undefined> {
  for (let start = 0; start + HEADER_BYTES <= bytes.length;) {
    const length = bytes.readUInt32LE(start);
    if (length < HEADER_BYTES || start + length > bytes.length) return;
    yield {
      type: bytes.readUInt16LE(start + 4),
      flags: bytes.readUInt16LE(start + 6),
      sequence: bytes.readUInt32LE(start + 8),
      body: bytes.subarray(start + HEADER_BYTES, start + length),
    };
    start += aligned(length);
  }
}

/** Type and value of each attribute, from an offset on. */
export function* attributesIn(bytes: Buffer, offset = 0): Generator<readonly [number, Buffer], void, undefined> {
  for (let start = offset; start + ATTRIBUTE_HEADER_BYTES <= bytes.length;) {
    const length = bytes.readUInt16LE(start);
    if (length < ATTRIBUTE_HEADER_BYTES || start + length > bytes.length) return;
    yield [
      bytes.readUInt16LE(start + 2) & ATTRIBUTE_TYPE_MASK,
      bytes.subarray(start + ATTRIBUTE_HEADER_BYTES, start + length),
    ];
    start += aligned(length);
  }
}

/** The same by type; where a type occurs twice the last one counts. */
export function attributes(bytes: Buffer, offset = 0): ReadonlyMap<number, Buffer> {
  return new Map(attributesIn(bytes, offset));
}

/** The attributes inside an attribute; none where it is not there. */
export function inside(parent: ReadonlyMap<number, Buffer>, type: number): ReadonlyMap<number, Buffer> {
  const value = parent.get(type);
  return value === undefined ? new Map<number, Buffer>() : attributes(value);
}

/** Text up to its zero. */
export function text(value: Buffer): string {
  const end = value.indexOf(0);
  return value.toString('utf8', 0, end < 0 ? value.length : end);
}

function aligned(length: number): number {
  return Math.ceil(length / 4) * 4;
}
