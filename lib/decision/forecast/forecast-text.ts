const DAY = 86_400_000;
const units: readonly (readonly [unit: string, ms: number])[] = [
  ['d', DAY],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** A time for people, as exact as a forecast can be: `17 min`, `2.5 s`. */
export function timeText(ms: number): string {
  // From two of a unit on, its whole numbers are exact enough.
  const [unit, unitMs] = units.find(([, length]) => ms >= 2 * length) ?? ['s', 1_000];
  const count = ms / unitMs;
  return `${count < 10 ? Math.round(count * 10) / 10 : Math.round(count)} ${unit}`;
}

/** Bytes for people: `5 MB`, `0.3 MB`, `52,000 MB`. */
export function bytesText(bytes: number): string {
  const megabytes = bytes / 1e6;
  const rounded = megabytes < 10 ? Math.round(megabytes * 10) / 10 : Math.round(megabytes);
  return `${rounded.toLocaleString('en')} MB`;
}
