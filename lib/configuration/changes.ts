import { isDeepStrictEqual } from 'node:util';

import type { Sliced } from '../slices/index.js';
import type { DeviceModel } from './model.js';

/** What tells the parts of a model apart, and what people call them. */
interface Part {
  readonly key: string;
  readonly what: string;
  readonly value: unknown;
}

/**
 * What goes, comes and changes from one configuration to another, a line each: `port sat0 goes`,
 * `network instance crew comes`, `app app1 changes`. Pure.
 */
export function* configChanges(before: DeviceModel, after: DeviceModel): Sliced<readonly string[]> {
  const [old, fresh] = [partsOf(before), partsOf(after)];
  const lines: string[] = [];
  for (const { key, what } of old.values()) if (!fresh.has(key)) lines.push(`${what} goes`);
  for (const { key, what } of fresh.values()) if (!old.has(key)) lines.push(`${what} comes`);
  for (const { key, what, value } of fresh.values()) {
    const known = old.get(key);
    if (known !== undefined && !isDeepStrictEqual(known.value, value)) lines.push(`${what} changes`);
    yield;
  }
  return lines;
}

/** So many lines of changes are told. */
const MOST_CHANGES = 100;

/** The first of them, and how many more there are. */
export function boundedChanges(changes: readonly string[]): readonly string[] {
  const left = changes.length - MOST_CHANGES;
  return left <= 0 ? changes : [...changes.slice(0, MOST_CHANGES), `and ${left} more`];
}

function partsOf({ ports, networkInstances, apps, ...rest }: DeviceModel): ReadonlyMap<string, Part> {
  const parts: readonly Part[] = [
    ...ports.map((port) => ({ key: `port ${port.label}`, what: `port ${port.label}`, value: port })),
    ...networkInstances.map((instance) => ({
      key: `network instance ${instance.id}`,
      what: `network instance ${instance.name}`,
      value: instance,
    })),
    ...apps.map((app) => ({ key: `app ${app.id}`, what: `app ${app.name}`, value: app })),
    { key: 'operations', what: 'the policy of operations', value: rest.operationPriorities },
    { key: 'downloads', what: 'the highest priority for downloads', value: rest.downloadMaxCost },
    { key: 'tests', what: 'how ports are tested', value: rest.portTest },
  ];
  return new Map(parts.map((part) => [part.key, part]));
}
