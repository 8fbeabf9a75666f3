import type { DescEnum, DescField, DescMessage, DescOneof } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';

/** A message as a tree that favours no library: only what is set is in it. */
export type MessageTree = ReadonlyMap<DescField, FieldTree>;
export type FieldTree =
  | { readonly kind: 'single'; readonly value: ValueTree }
  | { readonly kind: 'list'; readonly values: readonly ValueTree[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: ScalarValue, value: ValueTree])[] };
export type ValueTree =
  | { readonly kind: 'scalar'; readonly type: ScalarType; readonly value: ScalarValue }
  | { readonly kind: 'enum'; readonly value: number }
  | { readonly kind: 'message'; readonly message: DescMessage; readonly tree: MessageTree };
export type ScalarValue = number | bigint | boolean | string | Uint8Array;

/** Returns numbers from 0 up to, not including, `limit`. */
export type Dice = (limit: number) => number;

/** Repeatable dice (mulberry32). */
export function seededDice(seed: number): Dice {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
  };
}

// Never a default value: proto3 does not send those, and a field that is not sent proves nothing.
const choices: Readonly<Record<ScalarType, readonly ScalarValue[]>> = {
  [ScalarType.DOUBLE]: [0.1, -1.5e300, Number.MAX_VALUE],
  [ScalarType.FLOAT]: [0.5, -1.25, Math.fround(3.4e38)],
  [ScalarType.INT64]: [1n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  [ScalarType.SINT64]: [1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
  [ScalarType.SFIXED64]: [1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
  [ScalarType.UINT64]: [1n, 2n ** 53n + 1n, 2n ** 64n - 1n],
  [ScalarType.FIXED64]: [1n, 2n ** 53n + 1n, 2n ** 64n - 1n],
  [ScalarType.INT32]: [1, -1, 2 ** 31 - 1, -(2 ** 31)],
  [ScalarType.SINT32]: [1, -1, 2 ** 31 - 1, -(2 ** 31)],
  [ScalarType.SFIXED32]: [1, -1, 2 ** 31 - 1, -(2 ** 31)],
  [ScalarType.UINT32]: [1, 300, 2 ** 32 - 1],
  [ScalarType.FIXED32]: [1, 300, 2 ** 32 - 1],
  [ScalarType.BOOL]: [true],
  [ScalarType.STRING]: ['eth0', 'Grüße, 船 🚢', ' '],
  [ScalarType.BYTES]: [Uint8Array.of(0), Uint8Array.of(255, 0, 128)],
};

/** A value that no enum of ours has: open enums (proto3) keep it. */
const UNKNOWN_ENUM_VALUE = 1_000_003;

function pick<T>(from: readonly T[], dice: Dice): T {
  const found = from[dice(from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

function randomScalar(type: ScalarType, dice: Dice): ValueTree {
  return { kind: 'scalar', type, value: pick(choices[type], dice) };
}

function randomEnum(enumeration: DescEnum, dice: Dice): ValueTree {
  const numbers = enumeration.values.map(({ number }) => number).filter((number) => number !== 0);
  return { kind: 'enum', value: pick([...numbers, UNKNOWN_ENUM_VALUE], dice) };
}

function randomField(field: DescField, dice: Dice, depth: number): FieldTree {
  const message = (inner: DescMessage): ValueTree => ({
    kind: 'message',
    message: inner,
    tree: randomMessage(inner, dice, depth - 1),
  });
  const several = (one: () => ValueTree): ValueTree[] => Array.from({ length: 1 + dice(3) }, one);
  switch (field.fieldKind) {
    case 'scalar':
      return { kind: 'single', value: randomScalar(field.scalar, dice) };
    case 'enum':
      return { kind: 'single', value: randomEnum(field.enum, dice) };
    case 'message':
      return { kind: 'single', value: message(field.message) };
    case 'list':
      switch (field.listKind) {
        case 'scalar':
          return { kind: 'list', values: several(() => randomScalar(field.scalar, dice)) };
        case 'enum':
          return { kind: 'list', values: several(() => randomEnum(field.enum, dice)) };
        case 'message':
          return { kind: 'list', values: several(() => message(field.message)) };
      }
      break;
    case 'map': {
      const { mapKey } = field;
      const keys = choices[mapKey].slice(0, 1 + dice(2));
      const value = (): ValueTree => {
        switch (field.mapKind) {
          case 'scalar':
            return randomScalar(field.scalar, dice);
          case 'enum':
            return randomEnum(field.enum, dice);
          case 'message':
            return message(field.message);
        }
      };
      return { kind: 'map', entries: keys.map((key) => [key, value()]) };
    }
  }
}

/** A message with every field set (one of each oneof), down to `depth` levels of messages. */
export function randomMessage(message: DescMessage, dice: Dice, depth: number): MessageTree {
  const leads = (field: DescField) => field.message === undefined || depth > 0;
  const chosen = (member: DescField | DescOneof): DescField[] => {
    const fields = (member.kind === 'oneof' ? member.fields : [member]).filter(leads);
    return fields.length === 0 ? [] : [pick(fields, dice)];
  };
  return new Map(message.members.flatMap(chosen).map((field) => [field, randomField(field, dice, depth)]));
}
