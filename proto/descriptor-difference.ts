import type { DescEnum, DescField, DescFile, DescMessage, FileRegistry } from '@bufbuild/protobuf';

/** EVE's packages that a device configuration or status is made of. */
export const evePackages: readonly string[] = ['org.lfedge.eve.common', 'org.lfedge.eve.config', 'org.lfedge.eve.info'];

function typeOf(field: DescField): string {
  const cardinality = field.proto.label;
  const named = field.proto.typeName === '' ? '' : ` ${field.proto.typeName}`;
  return `label ${cardinality} type ${field.proto.type}${named}`;
}

function fieldDifferences(reference: DescField, subject: DescField): string[] {
  const path = reference.toString();
  const compared: readonly (readonly [what: string, expected: unknown, found: unknown])[] = [
    ['name', reference.name, subject.name],
    ['JSON name', reference.jsonName, subject.jsonName],
    ['type', typeOf(reference), typeOf(subject)],
    ['oneof', reference.oneof?.name, subject.oneof?.name],
    ['presence', reference.presence, subject.presence],
  ];
  return compared
    .filter(([, expected, found]) => expected !== found)
    .map(([what, expected, found]) => `${path}: ${what} is ${String(found)}, expected ${String(expected)}`);
}

function reservedDifferences(reference: DescMessage, subject: DescMessage): string[] {
  const isReserved = (start: number, end: number) =>
    subject.proto.reservedRange.some((range) => range.start <= start && end <= range.end);
  const ranges = reference.proto.reservedRange
    .filter(({ start, end }) => !isReserved(start, end))
    .map(({ start, end }) => `${reference.typeName}: numbers ${start}..${end - 1} are not reserved`);
  const names = reference.proto.reservedName
    .filter((name) => !subject.proto.reservedName.includes(name))
    .map((name) => `${reference.typeName}: name ${name} is not reserved`);
  return [...ranges, ...names];
}

function messageDifferences(reference: DescMessage, subjects: FileRegistry): string[] {
  const subject = subjects.getMessage(reference.typeName);
  if (subject === undefined) return [`${reference.typeName}: message is missing`];
  const byNumber = new Map(subject.fields.map((field) => [field.number, field]));
  const fields = reference.fields.flatMap((field) => {
    const found = byNumber.get(field.number);
    return found === undefined
      ? [`${field.toString()}: field ${field.number} is missing`]
      : fieldDifferences(field, found);
  });
  return [...fields, ...reservedDifferences(reference, subject)];
}

function enumDifferences(reference: DescEnum, subjects: FileRegistry): string[] {
  const subject = subjects.getEnum(reference.typeName);
  if (subject === undefined) return [`${reference.typeName}: enum is missing`];
  const numbers = new Map(subject.values.map((value) => [value.name, value.number]));
  return reference.values
    .filter((value) => numbers.get(value.name) !== value.number)
    .map((value) => `${reference.typeName}: value ${value.name} = ${value.number} is missing`);
}

/** Every message of a file, nested ones too. */
export function messagesOf(file: Pick<DescFile, 'messages'>): DescMessage[] {
  const withNested = (message: DescMessage): DescMessage[] => [message, ...message.nestedMessages.flatMap(withNested)];
  return file.messages.flatMap(withNested);
}

function enumsOf(file: DescFile): DescEnum[] {
  return [...file.enums, ...messagesOf(file).flatMap((message) => message.nestedEnums)];
}

/** Files of these packages and all that they import, directly or not. */
export function filesOfPackages(registry: FileRegistry, packages: readonly string[]): DescFile[] {
  const found = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (found.has(file)) return;
    found.add(file);
    file.dependencies.forEach(add);
  };
  [...registry.files].filter((file) => packages.includes(file.proto.package)).forEach(add);
  return [...found];
}

/**
 * What `subject` lacks, or says otherwise, of the messages and enums in `files`: one line each, with the path. What it
 * has beyond them is not a difference. Files are not compared: a message may move between files of its package.
 */
export function differencesFrom(files: readonly DescFile[], subject: FileRegistry): string[] {
  return files.flatMap((file) => [
    ...messagesOf(file).flatMap((message) => messageDifferences(message, subject)),
    ...enumsOf(file).flatMap((enumeration) => enumDifferences(enumeration, subject)),
  ]);
}

/** Fields that `subject` adds to messages of `files`. */
export function addedFields(files: readonly DescFile[], subject: FileRegistry): DescField[] {
  return files.flatMap(messagesOf).flatMap((reference) => {
    const known = new Set(reference.fields.map(({ number }) => number));
    return subject.getMessage(reference.typeName)?.fields.filter(({ number }) => !known.has(number)) ?? [];
  });
}
