import { sum, type Counts } from './counts.js';

/**
 * What was counted within an hour (or day) that begins at `beginMs`. While it is on its way from one file into another
 * it has an id, so that putting it there twice adds it once.
 */
export interface Segment {
  readonly beginMs: number;
  readonly id?: number | undefined;
  readonly counts: Counts;
}

/**
 * What is kept with what comes: of the same id replaced, else what is kept of the same time is added up. Ascending by
 * time.
 */
export function withSegments(kept: readonly Segment[], coming: readonly Segment[]): readonly Segment[] {
  const ids = new Set(coming.map(({ id }) => id).filter((id) => id !== undefined));
  const stays = kept.filter(({ id }) => id === undefined || !ids.has(id));
  const merged = [...groupedBy(stays, ({ beginMs }) => beginMs)].map(([beginMs, those]) => ({
    beginMs,
    counts: sum(those.map(({ counts }) => counts)),
  }));
  return [...merged, ...coming].sort((a, b) => a.beginMs - b.beginMs);
}

/** Segments by what `keyOf` says of each, in their order. */
export function groupedBy<Key>(
  segments: readonly Segment[],
  keyOf: (segment: Segment) => Key,
): ReadonlyMap<Key, readonly Segment[]> {
  const groups = new Map<Key, Segment[]>();
  for (const segment of segments) {
    const key = keyOf(segment);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [segment]);
    else group.push(segment);
  }
  return groups;
}

/** As text. Names of series are written once. */
export function formatSegments(segments: readonly Segment[]): string {
  const names = [...new Set(segments.flatMap(({ counts }) => [...counts.keys()]))];
  const positions = new Map(names.map((name, position) => [name, position]));
  return JSON.stringify({
    series: names,
    segments: segments.map(({ beginMs, id, counts }) => ({
      begin: beginMs,
      ...(id === undefined ? {} : { id }),
      rows: [...counts].map(([name, values]) => [positions.get(name), ...values]),
    })),
  });
}

/** Reads it back. @throws Error where it is no such text. */
export function parseSegments(json: unknown): readonly Segment[] {
  const names = listIn(json, 'series').map((name) => {
    if (typeof name !== 'string' || !isSeriesName(name)) throw new Error('the name of a series is none');
    return name;
  });
  return listIn(json, 'segments').map((segment) => {
    const beginMs = wholeNumber(fieldOf(segment, 'begin'));
    const id = fieldOf(segment, 'id');
    const rows = listIn(segment, 'rows').map((row): readonly [string, readonly number[]] => {
      const [position, ...values] = Array.isArray(row) ? row.map(count) : [];
      const name = position === undefined ? undefined : names[position];
      if (name === undefined) throw new Error('a row without a series');
      return [name, values];
    });
    return { beginMs, ...(id === undefined ? {} : { id: wholeNumber(id) }), counts: new Map(rows) };
  });
}

function isSeriesName(name: string): boolean {
  const parts: unknown = JSON.parse(name);
  return Array.isArray(parts) && parts.every((part) => typeof part === 'string');
}

function fieldOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? (Reflect.get(json, name) as unknown) : undefined;
}

function listIn(json: unknown, name: string): readonly unknown[] {
  const list = fieldOf(json, name);
  if (!Array.isArray(list)) throw new Error(`${name} is no list`);
  return list as unknown[];
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new Error('a whole number is none');
  return Number(value);
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new Error('a count is none');
  return value;
}
