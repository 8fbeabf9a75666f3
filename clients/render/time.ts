import type { Timestamp } from '../../gen/google/protobuf/timestamp.js';

/** Whole milliseconds since 1970 UTC. */
export function millisecondsOf({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000 + Math.floor(nanos / 1e6);
}

const units: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** A length of time in its two largest units: `3 min 5 s`. */
export function durationText(durationMs: number): string {
  const totalSeconds = Math.max(0, Math.floor(durationMs / 1_000));
  const first = units.findIndex(([, seconds]) => totalSeconds >= seconds);
  if (first === -1) return 'less than 1 s';
  let rest = totalSeconds;
  const parts: string[] = [];
  for (const [name, seconds] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / seconds);
    rest %= seconds;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}

/** How long ago something was; empty where it never was. */
export function sinceText(time: Timestamp | undefined, nowMs: number): string {
  return time === undefined ? '' : durationText(nowMs - millisecondsOf(time));
}

/** Date and time of day in UTC with milliseconds, sortable: `2026-03-01 12:00:00.250Z`. */
export function timeText(time: Timestamp | undefined): string {
  return time === undefined ? '-' : new Date(millisecondsOf(time)).toISOString().replace('T', ' ');
}
