import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import type { Sliced } from '../slices/index.js';
import { BoundedReader, MessageTooLargeError, refuse, type Usage } from './bounded-reader.js';
import type { MessageLimits, SliceLimits } from './message-limits.js';
import { weightOf } from './weight.js';

/** Makes a message of what a reader gives. */
export type Decode<Result = unknown> = (reader: BinaryReader) => Result;

/** What is smaller is decoded at once: it takes some milliseconds at most. */
const AT_ONCE_BYTES = 16 * 1024;
/** Of this much one part is made, and so many items, where they are small. */
const PART_BYTES = 16 * 1024;
const PART_ITEMS = 256;
/** Fields of the message whose lists are decoded in parts, all together; each is looked at before any is decoded. */
const MOST_FIELDS = 65_536;
const FIELDS_BETWEEN_PAUSES = 2_048;

/** Whether a message of so many bytes is to be read with pauses. */
export function takesSlices(bytes: Uint8Array, { slices }: MessageLimits): boolean {
  return slices !== undefined && bytes.length > AT_ONCE_BYTES;
}

/**
 * A message, or MessageTooLargeError as soon as there is more in it than may be. The lists of the message that
 * `limits.path` leads to are decoded part by part, so that no part takes long; malformed bytes throw what the decoder
 * throws.
 */
export function* readMessage<Result>(bytes: Uint8Array, limits: MessageLimits, decode: Decode<Result>): Sliced<Result> {
  if (bytes.length > limits.bytes) refuse(limits.bytes, 'bytes');
  if (!takesSlices(bytes, limits) || limits.slices === undefined) {
    refuseLongLists(bytes, limits);
    return decode(new BoundedReader(bytes, limits));
  }
  const parts = yield* partsOf(bytes, limits, limits.slices);
  const usage: Usage = { messages: 0, words: 0, unknownFields: 0 };
  const [first = new Uint8Array(), ...others] = parts;
  const whole = decode(new BoundedReader(first, limits, usage, limits.slices));
  let weight = weightOf(whole);
  for (const part of others) {
    yield;
    const decoded = decode(new BoundedReader(part, limits, usage, limits.slices));
    weight += weightOf(decoded);
    if (weight > limits.slices.weightBytes) refuse(limits.slices.weightBytes, 'bytes once it is decoded');
    addPart(whole, decoded, limits.path.length);
  }
  return whole;
}

const noLimits: Omit<MessageLimits, 'path'> = {
  ...{ bytes: Infinity, messages: Infinity, words: Infinity, unknownFields: Infinity, listItems: Infinity },
  slices: { bytes: Infinity, messages: Infinity, words: Infinity, weightBytes: Infinity },
};

/** A message that was within its limits once, with pauses. `path`: leads to the message whose lists are long. */
export function readInSlices<Result>(
  bytes: Uint8Array,
  path: readonly number[],
  decode: Decode<Result>,
): Sliced<Result> {
  return readMessage(bytes, { ...noLimits, path }, decode);
}

/** One field of a message as it came. */
interface Field {
  readonly number: number;
  readonly wireType: WireType;
  /** Tag and length included. */
  readonly bytes: Uint8Array;
}

function* fieldsOf(bytes: Uint8Array): Generator<Field, void, undefined> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    reader.skip(wireType, number);
    yield { number, wireType, bytes: bytes.subarray(start, reader.pos) };
  }
}

/** What is in a field of wire type LengthDelimited. */
function contentOf({ bytes }: Field): Uint8Array {
  const reader = new BinaryReader(bytes);
  reader.tag();
  const length = reader.uint32();
  return bytes.subarray(reader.pos, reader.pos + length);
}

/** Counts the items of each list. */
class Lists {
  readonly #most: number;
  readonly #counts = new Map<number, number>();
  #fields = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add({ number }: Field): void {
    this.#fields += 1;
    if (this.#fields > MOST_FIELDS && this.#most < Infinity) refuse(MOST_FIELDS, 'fields in one message');
    const count = (this.#counts.get(number) ?? 0) + 1;
    if (count > this.#most) refuse(this.#most, `items in the list with field number ${number}`);
    this.#counts.set(number, count);
  }

  isList({ number }: Field): boolean {
    return (this.#counts.get(number) ?? 0) > 1;
  }
}

/** Decodes nothing. Malformed bytes are for the decoder. */
function refuseLongLists(bytes: Uint8Array, { path, listItems }: Pick<MessageLimits, 'path' | 'listItems'>): void {
  const [next, ...rest] = path;
  const lists = new Lists(listItems);
  try {
    for (const field of fieldsOf(bytes)) {
      lists.add(field);
      if (field.number === next && field.wireType === WireType.LengthDelimited) {
        refuseLongLists(contentOf(field), { path: rest, listItems });
      }
    }
  } catch (error) {
    if (error instanceof MessageTooLargeError) throw error;
  }
}

/**
 * The message as messages that make it when they are put together: first what stands once, then the items of lists and
 * what is large, in order.
 */
function* partsOf(
  bytes: Uint8Array,
  { path, listItems }: Pick<MessageLimits, 'path' | 'listItems'>,
  slices: SliceLimits,
): Sliced<readonly Uint8Array[]> {
  const lists = new Lists(listItems);
  const fields: Field[] = [];
  for (const field of fieldsOf(bytes)) {
    lists.add(field);
    fields.push(field);
    if (fields.length % FIELDS_BETWEEN_PAUSES === 0) yield;
  }
  const [next, ...rest] = path;
  if (next === undefined) return inParts(fields, lists, slices);
  // Where a message stands twice that should stand once, the last one counts.
  const inside = fields.findLast(({ number, wireType }) => number === next && wireType === WireType.LengthDelimited);
  const around = fields.filter(({ number }) => number !== next);
  const aroundBytes = Buffer.concat(around.map((field) => field.bytes));
  if (aroundBytes.length > slices.bytes) refuse(slices.bytes, 'bytes beside its largest message');
  if (inside === undefined) return [aroundBytes];
  const parts = yield* partsOf(contentOf(inside), { path: rest, listItems }, slices);
  return parts.map((part, index) => {
    const wrapped = new BinaryWriter().tag(next, WireType.LengthDelimited).bytes(part).finish();
    return index === 0 ? Buffer.concat([aroundBytes, wrapped]) : wrapped;
  });
}

function inParts(fields: readonly Field[], lists: Lists, slices: SliceLimits): readonly Uint8Array[] {
  const isApart = (field: Field): boolean =>
    field.wireType === WireType.LengthDelimited && (lists.isList(field) || field.bytes.length > PART_BYTES);
  const once = Buffer.concat(fields.filter((field) => !isApart(field)).map(({ bytes }) => bytes));
  if (once.length > slices.bytes) refuse(slices.bytes, 'bytes beside its lists');
  const parts: Uint8Array[] = [once];
  let part: Uint8Array[] = [];
  let length = 0;
  const close = (): void => {
    if (part.length > 0) parts.push(Buffer.concat(part));
    [part, length] = [[], 0];
  };
  for (const { number, bytes } of fields.filter(isApart)) {
    if (bytes.length > slices.bytes) {
      throw new MessageTooLargeError(
        `the request has an item of more than ${slices.bytes} bytes in the list with field number ${number}`,
      );
    }
    if (length + bytes.length > PART_BYTES || part.length >= PART_ITEMS) close();
    part.push(bytes);
    length += bytes.length;
  }
  close();
  return parts;
}

type Message = Record<string, unknown>;

/** Adds what was decoded of one part: `depth` messages further down are its lists and what stands beside them. */
function addPart(whole: unknown, part: unknown, depth: number): void {
  if (!isMessage(whole) || !isMessage(part)) return;
  for (const [name, value] of Object.entries(part)) {
    const known = whole[name];
    if (Array.isArray(value)) {
      if (Array.isArray(known)) for (const item of value as unknown[]) known.push(item);
    } else if (name === '_unknownFields') {
      whole[name] = withUnknown(known, value);
    } else if (depth > 0) {
      if (isMessage(known)) addPart(known, value, depth - 1);
    } else if (isMessage(value) || (typeof value === 'string' && value !== '')) {
      whole[name] = value;
    }
  }
}

/** By tag, each a list. */
function withUnknown(known: unknown, more: unknown): unknown {
  if (!isMessage(more)) return known;
  const all: Message = isMessage(known) ? known : {};
  for (const [tag, values] of Object.entries(more)) {
    const before = all[tag];
    all[tag] = [...itemsOf(before), ...itemsOf(values)];
  }
  return all;
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}
