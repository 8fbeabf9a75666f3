/**
 * What was counted, by series. A series is named by a list of texts (`seriesName`); its counts are numbers, none below
 * zero, of which each stands for the same thing in every series of that kind.
 */
export type Counts = ReadonlyMap<string, readonly number[]>;

/** What was counted from a moment on, in UTC: an hour or a day. */
export interface Period {
  readonly beginMs: number;
  readonly lengthMs: number;
  readonly counts: Counts;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The name of a series. */
export function seriesName(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** What it was made of. */
export function seriesParts(name: string): readonly string[] {
  return JSON.parse(name) as string[];
}

/** The sum of several counts. */
export function sum(all: Iterable<Counts>): Counts {
  const total = new Map<string, number[]>();
  for (const counts of all) for (const [series, values] of counts) addTo(total, series, values);
  return total;
}

function addTo(total: Map<string, number[]>, series: string, values: readonly number[]): void {
  const before = total.get(series) ?? [];
  const length = Math.max(before.length, values.length);
  total.set(
    series,
    Array.from({ length }, (_, index) => (before[index] ?? 0) + (values[index] ?? 0)),
  );
}

/**
 * At most `most` series: those that count most stay, the others go into what `coarser` makes of their names. Nothing
 * is lost of the sums. Where `coarser` makes many, there may be more.
 */
export function bounded(counts: Counts, most: number, coarser: (series: string) => string): Counts {
  if (counts.size <= most) return counts;
  const weight = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const ranked = [...counts].sort(([, a], [, b]) => weight(b) - weight(a));
  const rest = ranked.slice(most).map(([series, values]): Counts => new Map([[coarser(series), values]]));
  return sum([new Map(ranked.slice(0, most)), ...rest]);
}
