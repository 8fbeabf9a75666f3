const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
/** Slower than this, a transfer could not be told from a stalled one. */
const LEAST_BYTES_PER_SECOND = 1_000;

/** Bytes per second of a text like `500k` or `1.5M` (units of 1,000). Undefined where it is none, or less than 1k. */
export function rateOf(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)([kmg]?)$/i.exec(text) ?? [];
  const rate = Number(number) * (factors[unit.toLowerCase()] ?? Number.NaN);
  return number !== '' && rate >= LEAST_BYTES_PER_SECOND ? rate : undefined;
}

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Milliseconds of a text like `30s`, `10m`, `2h` or `1d`; bare numbers are seconds. Undefined where it is none. */
export function timeOf(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d{1,6})([smhd])?$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (secondsIn[unit] ?? 1) * 1000;
}

/** `1.5 MB`. */
export function bytesText(bytes: number): string {
  const [name, factor] = sizes.find(([, least]) => bytes >= least) ?? ['B', 1];
  return `${factor === 1 ? bytes : (bytes / factor).toFixed(1)} ${name}`;
}

const sizes: readonly (readonly [name: string, least: number])[] = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
];
