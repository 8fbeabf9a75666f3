import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { Sliced } from '../slices/index.js';
import type { Problems } from './problems.js';

const NANOS_A_SECOND = 1_000_000_000;
/** google.protobuf.Duration: 10,000 years either way. */
const MOST_DURATION_SECONDS = 315_576_000_000n;
/** google.protobuf.Timestamp: the years 1 to 9999. */
const TIMESTAMP_SECONDS = { least: -62_135_596_800n, most: 253_402_300_799n };

/** The fields of EdgeDevConfig that are points in time; all other times are durations. */
const timestampFields: ReadonlySet<string> = new Set(['configTimestamp', 'createTime', 'submittedAt']);

/**
 * Adds every time that has no form in protobuf JSON: whoever asked for the configuration as text would get none of it.
 */
export function* checkJsonForm(config: EdgeDevConfig, problems: Problems): Sliced<void> {
  for (const [name, value] of Object.entries(config) as [string, unknown][]) {
    if (name === '_unknownFields') continue;
    if (!Array.isArray(value)) checkValue(value, name, name, problems);
    else {
      for (const [index, item] of value.entries()) {
        checkValue(item, name, `${name}[${index}]`, problems);
        yield;
      }
    }
  }
}

function checkValue(value: unknown, name: string, field: string, problems: Problems): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      if (typeof item === 'object') checkValue(item, name, `${field}[${index}]`, problems);
    });
  } else if (isTime(value)) {
    const sound = timestampFields.has(name) ? isTimestamp(value) : isDuration(value);
    if (!sound) problems.add(field, 'is no time that protobuf knows: seconds or nanos are out of range');
  } else {
    for (const [key, inside] of Object.entries(value)) {
      if (typeof inside === 'object' && key !== '_unknownFields') {
        checkValue(inside, key, field === '' ? key : `${field}.${key}`, problems);
      }
    }
  }
}

interface Time {
  readonly seconds: bigint;
  readonly nanos: number;
}

function isTime(value: object): value is Time {
  return 'seconds' in value && 'nanos' in value && typeof value.seconds === 'bigint' && typeof value.nanos === 'number';
}

function isTimestamp({ seconds, nanos }: Time): boolean {
  const { least, most } = TIMESTAMP_SECONDS;
  return seconds >= least && seconds <= most && nanos >= 0 && nanos < NANOS_A_SECOND;
}

function isDuration({ seconds, nanos }: Time): boolean {
  const oppositeSigns = (seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0);
  const absolute = seconds < 0n ? -seconds : seconds;
  return absolute <= MOST_DURATION_SECONDS && Math.abs(nanos) < NANOS_A_SECOND && !oppositeSigns;
}
