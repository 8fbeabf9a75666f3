import { fromJson, type DescField, type DescMessage, type JsonValue, type Registry } from '@bufbuild/protobuf';

import type { Problem } from './model.js';

/**
 * Where JSON does not fit a message, with the path of each field: the decoder stops at the first fault and names only
 * its message type, so what it refuses is decoded again piece by piece. Empty where all fits.
 */
export function jsonProblems(schema: DescMessage, json: JsonValue, registry: Registry): readonly Problem[] {
  return problemsOf(schema, json, '', registry);
}

function problemsOf(schema: DescMessage, json: JsonValue, path: string, registry: Registry): readonly Problem[] {
  const reason = refusal(schema, json, registry);
  if (reason === undefined) return [];
  const inside =
    isObject(json) && !isWellKnown(schema)
      ? Object.entries(json).flatMap(([key, value]) => fieldProblems(schema, key, value, path, registry))
      : [];
  return inside.length > 0 ? inside : [{ field: path, description: reason }];
}

function fieldProblems(
  schema: DescMessage,
  key: string,
  value: JsonValue,
  path: string,
  registry: Registry,
): readonly Problem[] {
  const at = path === '' ? key : `${path}.${key}`;
  const field = schema.fields.find(({ name, jsonName }) => name === key || jsonName === key);
  if (field === undefined) return [{ field: at, description: `${schema.name} has no such field` }];
  const reason = refusal(schema, { [key]: value }, registry);
  if (reason === undefined) return [];
  const inside = elementProblems(field, value, at, registry);
  return inside.length > 0 ? inside : [{ field: at, description: reason }];
}

function elementProblems(field: DescField, value: JsonValue, at: string, registry: Registry): readonly Problem[] {
  if (field.fieldKind === 'message') return problemsOf(field.message, value, at, registry);
  if (field.fieldKind !== 'list' || !Array.isArray(value)) return [];
  return value.flatMap((item: JsonValue, index) => {
    const place = `${at}[${index}]`;
    if (field.listKind === 'message' && item !== null) return problemsOf(field.message, item, place, registry);
    const reason = refusal(field.parent, { [field.jsonName]: [item] }, registry);
    return reason === undefined ? [] : [{ field: place, description: reason }];
  });
}

/** Why the decoder refuses, without its account of types; undefined where it does not. */
function refusal(schema: DescMessage, json: JsonValue, registry: Registry): string | undefined {
  try {
    fromJson(schema, json, { registry });
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.replace(/^cannot decode (\w+) \S+ from JSON: /, (_whole, kind: string) =>
      kind === 'enum' ? 'no such value: ' : kind === 'message' ? 'does not fit: ' : '',
    );
  }
}

/** Timestamp, Duration and their like are one string in JSON. */
function isWellKnown(schema: DescMessage): boolean {
  return schema.typeName.startsWith('google.protobuf.');
}

function isObject(json: JsonValue): json is Record<string, JsonValue> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
