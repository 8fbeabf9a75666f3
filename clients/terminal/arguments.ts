import { InvalidArgumentError } from 'commander';

import type { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { operationNames } from './operation-names.js';

/* Words of the command line; what cannot be meant is wrong usage. */

/** A version that is expected. */
export function versionNumber(text: string): bigint {
  if (!/^\d{1,19}$/.test(text))
    throw new InvalidArgumentError('It is a whole number; 0 means "only if there is none yet".');
  return BigInt(text);
}

/** An operation by its short name. */
export function operationWord(text: string): NetworkOperation {
  const operation = operationNames.get(text);
  if (operation === undefined) {
    throw new InvalidArgumentError(`"${text}" is no operation; there are ${[...operationNames.keys()].join(', ')}.`);
  }
  return operation;
}

/** Priorities: `0`, `0,2` or `0-2,7`. */
export function priorityList(text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const [, first = '', last = first] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === '' || from > to) {
      throw new InvalidArgumentError(`"${text}" is no list of priorities: write 0, or 0,2, or 0-2.`);
    }
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time in milliseconds: `90s`, `30m`, `2h`, `1d`, or several in a row: `1h30m`. */
export function lengthOfTimeMs(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9})([smhd])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new InvalidArgumentError('It is a length of time: 90s, 30m, 2h, 1d or 1h30m.');
  }
  return parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (unitsMs[unit] ?? NaN), 0);
}

/** Collects an option that may stand several times, each time read by `read`. */
export function each<Value>(
  read: (text: string) => Value,
): (text: string, before?: readonly Value[]) => readonly Value[] {
  return (text, before = []) => [...before, read(text)];
}
