import Table from 'cli-table3';

/** Measured values of one kind, and what was aimed at. */
export interface Measurement {
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** In words; the reader compares. */
  readonly goal?: string;
}

/** The value below which this share of the values lies (nearest rank). NaN where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Median, p90, p99 and maximum of each measurement, as a table. */
export function distributionTable(measurements: readonly Measurement[]): string {
  const table = new Table({
    head: ['', 'runs', 'median', 'p90', 'p99', 'max', 'unit', 'goal'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left', 'left'],
  });
  for (const { what, unit, values, goal } of measurements) {
    const figures = [0.5, 0.9, 0.99, 1].map((share) => round(percentile(values, share)));
    table.push([what, values.length, ...figures, unit, goal ?? '']);
  }
  return table.toString();
}

function round(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(2);
}
