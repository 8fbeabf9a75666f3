/** What V8 takes for each of these, in bytes. */
const SLOT_BYTES = 8;
const TEXT_BYTES = 24;
const OBJECT_BYTES = 24;
/** An object has room for so many fields at least, and an array, once there is an item in it. */
const LEAST_FIELDS = 4;
const LEAST_ITEMS = 17;
const ARRAY_BYTES = 32;
const BUFFER_BYTES = 200;

/** About how much memory a decoded message takes, in bytes: what is empty costs, too. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return value === '' ? 0 : TEXT_BYTES + value.length;
  if (typeof value === 'bigint') return TEXT_BYTES;
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Uint8Array) return BUFFER_BYTES + value.length;
  let weight = 0;
  if (Array.isArray(value)) {
    for (const item of value) weight += weightOf(item);
    return ARRAY_BYTES + weight + (value.length === 0 ? 0 : SLOT_BYTES * Math.max(LEAST_ITEMS, value.length));
  }
  let fields = 0;
  for (const name in value) {
    fields += 1;
    weight += weightOf((value as Record<string, unknown>)[name]);
  }
  return OBJECT_BYTES + weight + SLOT_BYTES * Math.max(LEAST_FIELDS, fields);
}
