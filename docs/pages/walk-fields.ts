import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';

/** A field of a message, or of one below it. */
export interface WalkedField {
  /** Protobuf JSON names from the root, `[]` for each of a list. */
  readonly path: string;
  readonly field: DescField;
  /** The path of the message that it stands in; empty at the root. */
  readonly parent: string;
}

/** Messages that are one value to whoever writes them. */
const values: ReadonlySet<string> = new Set(['google.protobuf.Duration', 'google.protobuf.Timestamp']);

/**
 * Every field below `root` that holds a value (scalar, enum, map, time), in the order of the files. `stopAt` says where
 * not to go deeper: that field itself is then told.
 */
export function* walkFields(
  root: DescMessage,
  stopAt: (path: string) => boolean = () => false,
  parent = '',
): Generator<WalkedField> {
  for (const field of root.fields) {
    const path = `${parent === '' ? '' : `${parent}.`}${field.jsonName}${field.fieldKind === 'list' ? '[]' : ''}`;
    const message = messageOf(field);
    if (message === undefined || stopAt(path)) yield { path, field, parent };
    else yield* walkFields(message, stopAt, path);
  }
}

/** What is below a field; undefined where it holds a value. */
function messageOf(field: DescField): DescMessage | undefined {
  const message = field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
  return message === undefined || values.has(message.typeName) ? undefined : message;
}

/** The type of a field in the words of a .proto file; of a list, its items'. */
export function typeInWords(field: DescField): string {
  if (field.fieldKind === 'map') {
    return `map<${scalarName(field.mapKey)}, ${field.mapKind === 'scalar' ? scalarName(field.scalar) : '...'}>`;
  }
  if (field.message !== undefined) return field.message.name;
  return field.enum === undefined ? scalarName(field.scalar) : field.enum.name;
}

function scalarName(scalar: ScalarType): string {
  return ScalarType[scalar].toLowerCase();
}
