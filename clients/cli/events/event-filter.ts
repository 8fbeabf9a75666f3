import { InvalidArgumentError } from 'commander';

import type { Event } from '../../../gen/nim/v1/event.js';
import { millisecondsOf } from '../../render/time.js';
import { lengthOfTimeMs } from '../../terminal/arguments.js';

/** Which events somebody wants to see; what is undefined does not matter. */
export interface EventFilter {
  /** Wall clock, in milliseconds. */
  readonly sinceMs: number | undefined;
  /** Logical label or interface. */
  readonly port: string | undefined;
  /** UUID or display name. */
  readonly networkInstance: string | undefined;
}

/**
 * A point in time, in milliseconds of the wall clock: `2h` ago, or a date such as 2026-11-30 or 2026-11-30T08:00:00Z.
 * @throws InvalidArgumentError
 */
export function pointInTimeMs(text: string, nowMs: number): number {
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  try {
    return nowMs - lengthOfTimeMs(text);
  } catch {
    throw new InvalidArgumentError('It is how long ago (90s, 30m, 2h, 1d) or a date: 2026-11-30T08:00:00Z.');
  }
}

/**
 * Whether the event is one of those. What concerns all ports and network instances, a configuration or a policy, is of
 * none of them.
 */
export function isWanted(event: Event, { sinceMs, port, networkInstance }: EventFilter): boolean {
  if (sinceMs !== undefined && timeOf(event) < sinceMs) return false;
  const { kind } = event;
  const wanted: boolean[] = [];
  if (port !== undefined) wanted.push(portsOf(kind).includes(port));
  if (networkInstance !== undefined) {
    wanted.push(
      kind?.$case === 'selectionChanged' &&
        [kind.value.networkInstanceId, kind.value.displayName].includes(networkInstance),
    );
  }
  // Of a port and a network instance: of either.
  return wanted.length === 0 || wanted.includes(true);
}

function portsOf(kind: Event['kind']): readonly string[] {
  switch (kind?.$case) {
    case 'portChanged':
    case 'portTestChanged':
      return [kind.value.logicalLabel, kind.value.interface];
    case 'selectionChanged':
      return [kind.value.fromPort, kind.value.toPort].filter((label) => label !== '');
    default:
      return [];
  }
}

function timeOf({ time }: Event): number {
  return time === undefined ? 0 : millisecondsOf(time);
}
