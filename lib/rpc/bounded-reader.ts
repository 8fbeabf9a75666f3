import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';

import type { MessageLimits } from './message-limits.js';

/** A message that is larger than it may be; the text says what there is too much of. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
}

export function refuse(most: number, what: string): never {
  throw new MessageTooLargeError(`the request has more than ${most} ${what}`);
}

/** What of a message has been read so far, over the readers of all of its parts. */
export interface Usage {
  messages: number;
  words: number;
  unknownFields: number;
}

/**
 * Reads a message, or a part of one, and throws MessageTooLargeError as soon as there is more in it than may be, before
 * memory is taken for it. Handed to a `decode` of the generated code in place of the bytes.
 */
export class BoundedReader extends BinaryReader {
  readonly #limits: Pick<MessageLimits, 'messages' | 'unknownFields'>;
  readonly #usage: Usage;
  readonly #mostMessages: number;
  #depth = 0;

  /** `ofPart`: how much this part may have of what the whole may. */
  constructor(
    bytes: Uint8Array,
    limits: MessageLimits,
    usage: Usage = { messages: 0, words: 0, unknownFields: 0 },
    ofPart: Pick<MessageLimits, 'messages' | 'words'> = limits,
  ) {
    if (bytes.length > limits.bytes) refuse(limits.bytes, 'bytes');
    super(bytes);
    this.#limits = limits;
    this.#usage = usage;
    this.#mostMessages = Math.min(limits.messages, usage.messages + ofPart.messages);
    const mostWords = Math.min(limits.words, usage.words + ofPart.words);
    // It is a property of each reader, not a method of the class.
    const readWord = this.uint32.bind(this);
    this.uint32 = () => {
      usage.words += 1;
      if (usage.words > mostWords) refuse(mostWords, 'field tags, lengths and numbers');
      return readWord();
    };
  }

  override skip(wireType: WireType, fieldNumber?: number, recursionLimit?: number): Uint8Array {
    this.#usage.unknownFields += 1;
    if (this.#usage.unknownFields > this.#limits.unknownFields) refuse(this.#limits.unknownFields, 'unknown fields');
    return super.skip(wireType, fieldNumber, recursionLimit);
  }

  /** Where the generated code notes how deep it is: one deeper is one message more. */
  get __tsProtoDecodeDepth(): number {
    return this.#depth;
  }

  set __tsProtoDecodeDepth(depth: number) {
    if (depth > this.#depth) this.#usage.messages += 1;
    this.#depth = depth;
    if (this.#usage.messages <= this.#mostMessages) return;
    if (this.#usage.messages > this.#limits.messages) refuse(this.#limits.messages, 'messages');
    throw new MessageTooLargeError('one item of the request has more messages than an item may have');
  }
}
