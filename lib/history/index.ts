/*
 * Counts by the hour and by the day, kept over restarts and power cuts, bounded on disk. What the series are is the
 * caller's; counts.ts and segment.ts are pure.
 */
export { bounded, DAY_MS, HOUR_MS, seriesName, seriesParts, sum, type Counts, type Period } from './counts.js';
export { DAYS_BY_HOUR, History, MONTHS_BY_DAY, type HistoryOptions } from './history.js';
