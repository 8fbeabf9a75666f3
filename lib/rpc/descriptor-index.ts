import { fromBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

interface IndexedFile {
  readonly name: string;
  /** The FileDescriptorProto as it came. */
  readonly bytes: Uint8Array;
  readonly dependencies: readonly string[];
}

/** Finds the files of a FileDescriptorSet by name, by the symbols that they declare, and by extension. */
export class DescriptorIndex {
  readonly #files = new Map<string, IndexedFile>();
  readonly #fileOfSymbol = new Map<string, string>();
  /** Extended type -> field number -> file. */
  readonly #extensions = new Map<string, Map<number, string>>();

  constructor(descriptorSet: Uint8Array) {
    for (const bytes of filesOf(descriptorSet)) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      this.#files.set(file.name, { name: file.name, bytes, dependencies: file.dependency });
      this.#indexFile(file);
    }
  }

  /** The file of that name. */
  fileNamed(name: string): string | undefined {
    return this.#files.has(name) ? name : undefined;
  }

  /** The file that declares a message, enum, field, service, method or extension, by its full name. */
  fileDeclaring(symbol: string): string | undefined {
    return this.#fileOfSymbol.get(symbol.replace(/^\./, ''));
  }

  fileExtending(type: string, fieldNumber: number): string | undefined {
    return this.#extensions.get(type)?.get(fieldNumber);
  }

  /** Numbers of the known extensions of a message; undefined where there is no such message. */
  extensionNumbersOf(type: string): readonly number[] | undefined {
    if (!this.#fileOfSymbol.has(type)) return undefined;
    return [...(this.#extensions.get(type)?.keys() ?? [])];
  }

  /** The file and all it imports, importers first, less what is in `alreadySent`; adds them to it. */
  withImports(name: string, alreadySent: Set<string>): readonly Uint8Array[] {
    const bytes: Uint8Array[] = [];
    const queue = [name];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const file = this.#files.get(next);
      if (file === undefined || alreadySent.has(next)) continue;
      alreadySent.add(next);
      bytes.push(file.bytes);
      queue.push(...file.dependencies);
    }
    return bytes;
  }

  #indexFile(file: FileDescriptorProto): void {
    const scope = file.package;
    for (const message of file.messageType) this.#indexMessage(file.name, scope, message);
    for (const declared of file.enumType) this.#declare(file.name, scope, declared.name);
    for (const extension of file.extension) this.#indexExtension(file.name, scope, extension);
    for (const service of file.service) {
      const name = this.#declare(file.name, scope, service.name);
      for (const method of service.method) this.#declare(file.name, name, method.name);
    }
  }

  #indexMessage(fileName: string, scope: string, message: DescriptorProto): void {
    const name = this.#declare(fileName, scope, message.name);
    for (const field of message.field) this.#declare(fileName, name, field.name);
    for (const declared of message.enumType) this.#declare(fileName, name, declared.name);
    for (const extension of message.extension) this.#indexExtension(fileName, name, extension);
    for (const nested of message.nestedType) this.#indexMessage(fileName, name, nested);
  }

  #indexExtension(fileName: string, scope: string, extension: FieldDescriptorProto): void {
    this.#declare(fileName, scope, extension.name);
    const extended = extension.extendee.replace(/^\./, '');
    const numbers = this.#extensions.get(extended) ?? new Map<number, string>();
    numbers.set(extension.number, fileName);
    this.#extensions.set(extended, numbers);
  }

  #declare(fileName: string, scope: string, name: string): string {
    const fullName = scope === '' ? name : `${scope}.${name}`;
    this.#fileOfSymbol.set(fullName, fileName);
    return fullName;
  }
}

/** FileDescriptorSet is `repeated FileDescriptorProto file = 1`. */
function* filesOf(descriptorSet: Uint8Array): Generator<Uint8Array> {
  const reader = new BinaryReader(descriptorSet);
  while (reader.pos < reader.len) {
    const [fieldNumber, wireType] = reader.tag();
    if (fieldNumber === 1 && wireType === WireType.LengthDelimited) yield reader.bytes();
    else reader.skip(wireType, fieldNumber);
  }
}
