import type { Duration } from '../../gen/google/protobuf/duration.js';
import type { Timestamp } from '../../gen/google/protobuf/timestamp.js';

/** Milliseconds since 1970 as a protobuf Timestamp. */
export function timestampOf(wallMs: number): Timestamp {
  const { seconds, nanos } = split(wallMs);
  return { seconds, nanos };
}

/** A protobuf Timestamp as milliseconds since 1970; where there is none, 1970. */
export function wallMsOf(timestamp: Timestamp | undefined): number {
  return timestamp === undefined ? 0 : Number(timestamp.seconds) * 1000 + timestamp.nanos / 1e6;
}

/** From when, and until when, in milliseconds since 1970; where nothing is said, from 1970 and for ever. */
export function wallRangeOf(range: {
  readonly since?: Timestamp | undefined;
  readonly until?: Timestamp | undefined;
}): readonly [sinceMs: number, untilMs: number] {
  return [wallMsOf(range.since), range.until === undefined ? Infinity : wallMsOf(range.until)];
}

/** Milliseconds as a protobuf Duration, not negative. */
export function durationOf(ms: number): Duration {
  return split(Math.max(0, ms));
}

/** A protobuf Duration as milliseconds; where there is none, 0. */
export function durationInMs(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}

function split(ms: number): { readonly seconds: bigint; readonly nanos: number } {
  const seconds = Math.floor(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  return nanos === 1e9 ? { seconds: BigInt(seconds + 1), nanos: 0 } : { seconds: BigInt(seconds), nanos };
}
