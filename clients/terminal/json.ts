import { createFileRegistry, fromBinary, toJson, type FileRegistry, type JsonValue } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { BinaryWriter } from '@bufbuild/protobuf/wire';

let registry: Promise<FileRegistry> | undefined;

/** Loaded when first needed: most commands print no JSON, and the descriptors take some 50 ms. */
function loadRegistry(): Promise<FileRegistry> {
  registry ??= import('../../gen/descriptors.js').then(({ descriptorSetBase64 }) =>
    createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, 'base64'))),
  );
  return registry;
}

/**
 * A message in the protobuf JSON mapping, fields at their default included, so that a program finds every key.
 * `typeName` is the full name of the message.
 */
export async function messageToJson<Message>(
  typeName: string,
  codec: { encode(message: Message): BinaryWriter },
  message: Message,
): Promise<JsonValue> {
  const known = await loadRegistry();
  const schema = known.getMessage(typeName);
  if (schema === undefined) throw new Error(`no message ${typeName} in the descriptors`);
  return toJson(schema, fromBinary(schema, codec.encode(message).finish()), {
    alwaysEmitImplicit: true,
    registry: known,
  });
}
