/** What one request may hold. Bytes say little: 49 kB of gzip can be 16 million empty fields of 100 bytes each. */
export interface MessageLimits {
  /** After decompression. */
  readonly bytes: number;
  /** Messages, at whatever depth. */
  readonly messages: number;
  /** Field tags, lengths and 32-bit values together. */
  readonly words: number;
  /** Fields that this version does not know; they are kept, and each costs an object. */
  readonly unknownFields: number;
  /** The lists of one message in the request, which cost more than others where their items are empty. */
  readonly lists?: ListLimit;
}

export interface ListLimit {
  /** Field numbers that lead from the request to the message. */
  readonly path: readonly number[];
  readonly mostItems: number;
}

/** Requests that ask for something, or change a little. */
export const smallRequest: MessageLimits = {
  bytes: 1024 * 1024,
  messages: 10_000,
  words: 100_000,
  unknownFields: 100,
  lists: { path: [], mostItems: 4_096 },
};

/**
 * Requests whose field 1 is a device configuration. One of 50,000 port maps has 300,000 messages, 1.3 million words and
 * 4 MB; no list of EdgeDevConfig is longer than that of its network instances, of which there are 4,000 at most.
 */
export const configurationRequest: MessageLimits = {
  bytes: 16 * 1024 * 1024,
  messages: 400_000,
  words: 2_500_000,
  unknownFields: 10_000,
  lists: { path: [1], mostItems: 4_096 },
};
