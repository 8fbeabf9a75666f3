/** Reads one field of a JSON object that `ip -j` printed; each reader answers undefined where the field is absent or of another type. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function stringField(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' ? value : undefined;
}

export function numberField(object: JsonObject, name: string): number | undefined {
  const value = object[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function stringsField(object: JsonObject, name: string): readonly string[] {
  return asArray(object[name]).filter((entry) => typeof entry === 'string');
}

/** Keeps what `parse` understood of an array; `ip -j` prints `{}` for entries that its own filters left out. */
export function parseEach<T>(json: unknown, parse: (object: JsonObject) => T | undefined): readonly T[] {
  const parsed: T[] = [];
  for (const entry of asArray(json)) {
    const object = asObject(entry);
    const value = object === undefined ? undefined : parse(object);
    if (value !== undefined) parsed.push(value);
  }
  return parsed;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
