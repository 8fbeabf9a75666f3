import type { Duration } from '../../gen/google/protobuf/duration.js';
import type { Problems } from './problems.js';

/** Bounds of a time in a configuration, in milliseconds. */
export interface DurationBounds {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Milliseconds; undefined where it is not set or out of bounds, which is then a problem. */
export function durationMs(
  duration: Duration | undefined,
  bounds: DurationBounds,
  field: string,
  problems: Problems,
): number | undefined {
  if (duration === undefined) return undefined;
  const ms = Number(duration.seconds) * 1000 + duration.nanos / 1e6;
  if (ms >= bounds.leastMs && ms <= bounds.mostMs) return ms;
  problems.add(
    field,
    `must be between ${bounds.leastMs / 1000} s and ${bounds.mostMs / 1000} s, and is ${ms / 1000} s`,
  );
  return undefined;
}
