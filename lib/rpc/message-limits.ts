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
  /** Of each list of one message in the request, whose items may cost much where they are empty. */
  readonly listItems: number;
  /** Where the message is that has these lists: field numbers that lead to it from the request; empty: the request. */
  readonly path: readonly number[];
  /** Set for requests that are too large to be decoded at once; the others are. */
  readonly slices?: SliceLimits;
}

/** The items of the message's lists are decoded one after the other, so none of them may be large itself. */
export interface SliceLimits {
  /** Of one item, or of all that stands once. */
  readonly bytes: number;
  readonly messages: number;
  readonly words: number;
  /** What all may take in memory once they are decoded, by `weightOf`, in bytes. */
  readonly weightBytes: number;
}

/** Requests that ask for something, or change a little. */
export const smallRequest: MessageLimits = {
  bytes: 1024 * 1024,
  messages: 10_000,
  words: 100_000,
  unknownFields: 100,
  listItems: 4_096,
  path: [],
};

/**
 * Requests whose field 1 is a device configuration. One of 50,000 port maps has 200,000 messages, 1.3 million words and
 * 2.3 MB; no list of EdgeDevConfig is longer than that of its network instances, of which there are 4,000 at most, and
 * an app with 4,000 entries in its access lists has 20,000 messages and 250 kB.
 */
export const configurationRequest: MessageLimits = {
  bytes: 8 * 1024 * 1024,
  messages: 300_000,
  words: 2_500_000,
  unknownFields: 10_000,
  listItems: 4_096,
  path: [1],
  slices: { bytes: 1024 * 1024, messages: 24_000, words: 250_000, weightBytes: 64 * 1024 * 1024 },
};
