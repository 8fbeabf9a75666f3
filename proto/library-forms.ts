import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { FieldTree, MessageTree, ScalarValue, ValueTree } from './random-message.js';

/** What ts-proto generates for a message; the tests know its type by descriptor only. */
export interface MessageFunctions {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  fromPartial(object: unknown): unknown;
}

function hasMessageFunctions(value: unknown): value is MessageFunctions {
  return (
    typeof value === 'object' && value !== null && 'encode' in value && 'decode' in value && 'fromPartial' in value
  );
}

/** ts-proto's code of a message: module gen/FILE.js, the names of nested messages joined by `_`. */
export async function messageFunctionsOf(message: DescMessage): Promise<MessageFunctions> {
  const module = (await import(`../gen/${message.file.name}.js`)) as Record<string, unknown>;
  const name = message.typeName.slice(message.file.proto.package.length + 1).replaceAll('.', '_');
  const found = module[name];
  if (!hasMessageFunctions(found)) throw new Error(`gen/${message.file.name}.ts has no ${name}`);
  return found;
}

interface Form {
  nameOf(field: DescField): string;
  scalar(type: ScalarType, value: ScalarValue): unknown;
  oneof(field: DescField, value: unknown): readonly (readonly [string, unknown])[];
  map(entries: readonly (readonly [key: ScalarValue, value: unknown])[]): unknown;
}

function formOf(tree: MessageTree, form: Form): Record<string, unknown> {
  const value = (from: ValueTree): unknown => {
    switch (from.kind) {
      case 'scalar':
        return form.scalar(from.type, from.value);
      case 'enum':
        return from.value;
      case 'message':
        return formOf(from.tree, form);
    }
  };
  const content = (from: FieldTree): unknown => {
    switch (from.kind) {
      case 'single':
        return value(from.value);
      case 'list':
        return from.values.map(value);
      case 'map':
        return form.map(from.entries.map(([key, each]) => [key, value(each)]));
    }
  };
  return Object.fromEntries(
    [...tree].flatMap(([field, from]) =>
      field.oneof === undefined ? [[form.nameOf(field), content(from)] as const] : form.oneof(field, content(from)),
    ),
  );
}

/** What ts-proto's fromPartial takes: camelCase names, oneofs as {$case, value}, 64 bits as bigint. */
export function tsProtoForm(tree: MessageTree): Record<string, unknown> {
  return formOf(tree, {
    nameOf: (field) => field.localName,
    scalar: (type, value) => (type === ScalarType.BYTES ? Buffer.from(value as Uint8Array) : value),
    oneof: (field, value) => [[field.oneof?.localName ?? '', { $case: field.localName, value }]],
    map: (entries) => Object.fromEntries(entries.map(([key, value]) => [String(key), value])),
  });
}

/** What protobufjs takes and, with `protobufjsOptions`, gives: names as in the .proto file, 64 bits as decimal text. */
export function protobufjsForm(tree: MessageTree): Record<string, unknown> {
  return formOf(tree, {
    nameOf: (field) => field.name,
    scalar: (type, value) =>
      typeof value === 'bigint'
        ? value.toString()
        : type === ScalarType.BYTES
          ? Buffer.from(value as Uint8Array).toString('base64')
          : value,
    oneof: (field, value) => [[field.name, value]],
    // Built from descriptors, protobufjs knows no maps, only what they are on the wire.
    map: (entries) => entries.map(([key, value]) => ({ key, value })),
  });
}

/** Options of protobufjs' toObject that give `protobufjsForm`. */
export const protobufjsOptions = { longs: String, bytes: String } as const;
