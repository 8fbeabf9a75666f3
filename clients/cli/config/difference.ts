import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

/** One place in which two configurations differ. */
export type Difference =
  | { readonly kind: 'added'; readonly path: string; readonly value: JsonValue }
  | { readonly kind: 'removed'; readonly path: string; readonly value: JsonValue }
  | { readonly kind: 'changed'; readonly path: string; readonly from: JsonValue; readonly to: JsonValue };

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textAt(value: JsonValue, path: readonly string[]): string | undefined {
  let at: JsonValue | undefined = value;
  for (const key of path) at = isObject(at) ? at[key] : undefined;
  return typeof at === 'string' && at !== '' ? at : undefined;
}

/** Where EVE's messages carry what identifies them in a list, the most telling one first. */
const identityPaths: readonly (readonly string[])[] = [
  ['uuidandversion', 'uuid'],
  ['id'],
  ['uuid'],
  ['logicallabel'],
  ['name'],
  ['key'],
  ['displayname'],
  ['operation'],
];

/** Identities of all the items by the first path that gives each item one of its own; undefined where none does. */
function identitiesOf(items: readonly JsonValue[], path: readonly string[]): readonly string[] | undefined {
  const found = items.map((item) => textAt(item, path));
  if (found.some((identity) => identity === undefined) || new Set(found).size !== found.length) return undefined;
  return found as readonly string[];
}

function label(item: JsonValue, identity: string): string {
  return textAt(item, ['displayname']) ?? identity;
}

function listDifferences(path: string, from: readonly JsonValue[], to: readonly JsonValue[]): readonly Difference[] {
  for (const identityPath of identityPaths) {
    const fromIds = identitiesOf(from, identityPath);
    const toIds = identitiesOf(to, identityPath);
    if (fromIds === undefined || toIds === undefined) continue;
    const fromById = new Map(fromIds.map((id, index) => [id, from[index]]));
    const toById = new Map(toIds.map((id, index) => [id, to[index]]));
    return [...new Set([...fromIds, ...toIds])].flatMap((id) => {
      const [one, other] = [fromById.get(id), toById.get(id)];
      return differences(`${path}[${label(other ?? one ?? null, id)}]`, one, other);
    });
  }
  const length = Math.max(from.length, to.length);
  return Array.from({ length }, (_, index) => differences(`${path}[${index}]`, from[index], to[index])).flat();
}

/**
 * Differences between two values in JSON form, in the order of the first. Items of a list are told apart by what names
 * them (UUID, label, name ...), so that an insertion does not make everything behind it look changed.
 */
export function differences(
  path: string,
  from: JsonValue | undefined,
  to: JsonValue | undefined,
): readonly Difference[] {
  if (from === undefined) return to === undefined ? [] : [{ kind: 'added', path, value: to }];
  if (to === undefined) return [{ kind: 'removed', path, value: from }];
  if (Array.isArray(from) && Array.isArray(to)) return listDifferences(path, from, to);
  if (isObject(from) && isObject(to)) {
    const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...keys].flatMap((key) => differences(path === '' ? key : `${path}.${key}`, from[key], to[key]));
  }
  return from === to ? [] : [{ kind: 'changed', path, from, to }];
}

function text(value: JsonValue): string {
  return JSON.stringify(value);
}

/** One line a difference: `+ path: value`, `- path: value`, `~ path: old -> new`. */
export function differenceLine(difference: Difference): string {
  switch (difference.kind) {
    case 'added':
      return `+ ${difference.path}: ${text(difference.value)}`;
    case 'removed':
      return `- ${difference.path}: ${text(difference.value)}`;
    case 'changed':
      return `~ ${difference.path}: ${text(difference.from)} -> ${text(difference.to)}`;
  }
}
