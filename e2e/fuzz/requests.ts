import { create, ScalarType, toBinary, type DescMessage } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';

import { randomMessage, type Dice, type MessageTree, type ValueTree } from '../../proto/random-message.js';

/** Text that has broken programs. */
const hostileTexts = [
  '',
  '\0',
  '../../etc/passwd',
  '$(reboot)',
  '"; drop table inet eve_uplink; #',
  'bn1',
  'eth0',
  'default',
  '8.8.8.8',
  '255.255.255.255/0',
  '10.77.0.0/24',
  '-1',
  '1e309',
  '\u202e\u0007\r\n{{7*7}}%s%n',
  '\ufeff',
  'ä'.repeat(300),
  'x'.repeat(70_000),
] as const;

/** The bytes of a request: a random message of this type, or one of them, or what is known to be good, damaged. */
export function hostileRequest(type: DescMessage, good: Uint8Array | undefined, dice: Dice): Uint8Array {
  const base = good !== undefined && dice(2) === 0 ? good : randomBytes(type, dice);
  const damages = dice(4) === 0 ? 0 : 1 + dice(3);
  let bytes: Uint8Array = base;
  for (let each = 0; each < damages; each += 1) bytes = damaged(bytes, dice);
  return bytes;
}

function randomBytes(type: DescMessage, dice: Dice): Uint8Array {
  return toBinary(type, messageOf(type, randomMessage(type, dice, dice(6)), dice).message);
}

function messageOf(type: DescMessage, tree: MessageTree, dice: Dice): ReflectMessage {
  const message = reflect(type, create(type));
  const valueOf = (value: ValueTree): unknown => {
    switch (value.kind) {
      case 'scalar':
        return value.type === ScalarType.STRING && dice(2) === 0
          ? (hostileTexts[dice(hostileTexts.length)] ?? '')
          : value.value;
      case 'enum':
        return value.value;
      case 'message':
        return messageOf(value.message, value.tree, dice);
    }
  };
  for (const [field, content] of tree) {
    if (content.kind === 'single') message.set(field, valueOf(content.value));
    if (content.kind === 'list' && field.fieldKind === 'list') {
      for (const value of content.values) message.get(field).add(valueOf(value));
    }
    if (content.kind === 'map' && field.fieldKind === 'map') {
      for (const [key, value] of content.entries) message.get(field).set(key, valueOf(value));
    }
  }
  return message;
}

function damaged(bytes: Uint8Array, dice: Dice): Uint8Array {
  const at = dice(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (dice(6)) {
    case 0:
      return before;
    case 1: {
      const flipped = Uint8Array.from(bytes);
      if (flipped.length > 0) flipped[at % flipped.length] = (flipped[at % flipped.length] ?? 0) ^ (1 << dice(8));
      return flipped;
    }
    case 2:
      return Buffer.concat([before, Buffer.from(Array.from({ length: 1 + dice(40) }, () => dice(256))), after]);
    case 3: {
      const piece = bytes.subarray(at, at + 1 + dice(200));
      return Buffer.concat([before, ...Array<Uint8Array>(1 + dice(30)).fill(piece), after]);
    }
    case 4:
      // Many fields of no content: whatever list they are of, or unknown ones.
      return Buffer.concat([bytes, Buffer.alloc(2 * dice(200_000), Buffer.from([(1 + dice(15)) * 8 + 2, 0]))]);
    default:
      // Groups in groups, which nobody ends.
      return Buffer.concat([bytes, Buffer.alloc(dice(2_000), 0x7b)]);
  }
}
