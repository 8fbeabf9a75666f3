import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

import type { ListLimit, MessageLimits } from './message-limits.js';

/** A message that is larger than it may be; the text says what there is too much of. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
}

function refuse(most: number, what: string): never {
  throw new MessageTooLargeError(`the request has more than ${most} ${what}`);
}

/**
 * Reads a message and throws MessageTooLargeError as soon as there is more in it than may be, before memory is taken
 * for it. Handed to a `decode` of the generated code in place of the bytes.
 */
export class BoundedReader extends BinaryReader {
  readonly #limits: MessageLimits;
  #depth = 0;
  #messages = 0;
  #words = 0;
  #unknownFields = 0;

  constructor(bytes: Uint8Array, limits: MessageLimits) {
    if (bytes.length > limits.bytes) refuse(limits.bytes, 'bytes');
    if (limits.lists !== undefined) refuseLongLists(bytes, limits.lists);
    super(bytes);
    this.#limits = limits;
    // It is a property of each reader, not a method of the class.
    const readWord = this.uint32.bind(this);
    this.uint32 = () => {
      this.#words += 1;
      if (this.#words > limits.words) refuse(limits.words, 'field tags, lengths and numbers');
      return readWord();
    };
  }

  override skip(wireType: WireType, fieldNumber?: number, recursionLimit?: number): Uint8Array {
    this.#unknownFields += 1;
    if (this.#unknownFields > this.#limits.unknownFields) refuse(this.#limits.unknownFields, 'unknown fields');
    return super.skip(wireType, fieldNumber, recursionLimit);
  }

  /** Where the generated code notes how deep it is: one deeper is one message more. */
  get __tsProtoDecodeDepth(): number {
    return this.#depth;
  }

  set __tsProtoDecodeDepth(depth: number) {
    if (depth > this.#depth) this.#messages += 1;
    this.#depth = depth;
    if (this.#messages > this.#limits.messages) refuse(this.#limits.messages, 'messages');
  }
}

/** Looks at the top of the message that `path` leads to, and decodes nothing. Malformed bytes are for the decoder. */
function refuseLongLists(bytes: Uint8Array, { path, mostItems }: ListLimit): void {
  const reader = new BinaryReader(bytes);
  const [next, ...rest] = path;
  const counts = new Map<number, number>();
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      const value = reader.skip(wireType, field);
      if (next === undefined) {
        const count = (counts.get(field) ?? 0) + 1;
        if (count > mostItems) refuse(mostItems, `items in the list with field number ${field}`);
        counts.set(field, count);
      } else if (field === next && wireType === WireType.LengthDelimited) {
        const inside = new BinaryReader(value);
        inside.uint32();
        refuseLongLists(value.subarray(inside.pos), { path: rest, mostItems });
      }
    }
  } catch (error) {
    if (error instanceof MessageTooLargeError) throw error;
  }
}
