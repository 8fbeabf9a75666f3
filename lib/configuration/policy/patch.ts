import type { OverrideOrigin, PolicyOverride, PolicyPatch } from '../../../gen/zedagent/v1/policy.js';
import type { DeviceModel } from '../model.js';
import type { Problems } from '../problems.js';
import { limitInForce } from './limits.js';
import { requestedChanges, type OverrideTarget, type OverrideValue } from './requests.js';
import { formatLimit, formatOperation, formatOperations, formatPriorities } from './format.js';

/** Overrides after a patch, and what it changes, in words. No words: nothing. */
export interface PatchedOverrides {
  readonly overrides: readonly PolicyOverride[];
  readonly changes: readonly string[];
}

/**
 * Lays a patch over the overrides that there are. `configured` is the model of the configuration by itself. What is
 * wrong with the patch goes to `problems`, by field of the patch; the answer then means nothing.
 */
export function patchOverrides(
  overrides: readonly PolicyOverride[],
  patch: PolicyPatch,
  configured: DeviceModel,
  origin: OverrideOrigin,
  problems: Problems,
): PatchedOverrides {
  const byTarget = new Map(overrides.map((each) => [keyOfValue(each.value), each]));
  const changes: string[] = [];
  for (const { target, value } of requestedChanges(patch, configured, problems)) {
    const key = keyOf(target);
    const before = byTarget.get(key);
    // Words say all that a value says.
    const was = before?.value === undefined ? configuredText(target, configured) : overrideText(before.value);
    const is = value === undefined ? configuredText(target, configured) : overrideText(value);
    if (was === is) continue;
    if (value === undefined) byTarget.delete(key);
    else byTarget.set(key, { value, origin });
    changes.push(`${targetText(target, configured)}: ${was} -> ${is}`);
  }
  return { overrides: [...byTarget.values()], changes };
}

/** Overrides of which the configuration still has what they name, and the others in words. */
export function withoutOrphans(overrides: readonly PolicyOverride[], configured: DeviceModel): PatchedOverrides {
  const kept = overrides.filter(({ value }) => value !== undefined && isThere(targetOf(value), configured));
  const changes = overrides
    .filter((override) => !kept.includes(override))
    .flatMap(({ value }) =>
      value === undefined
        ? []
        : [
            `${targetText(targetOf(value), configured)}: ${overrideText(value)} ends: the configuration no longer has it`,
          ],
    );
  return { overrides: kept, changes };
}

function isThere(target: OverrideTarget, { ports, networkInstances }: DeviceModel): boolean {
  switch (target.kind) {
    case 'port-priority':
    case 'port-operations':
      return ports.some(({ label }) => label === target.label);
    case 'operation-priorities':
      return true;
    case 'network-instance-priorities':
      return networkInstances.some(({ id }) => id === target.id);
  }
}

/** What an override is about. */
export function targetOf(value: OverrideValue): OverrideTarget {
  switch (value.$case) {
    case 'portPriority':
      return { kind: 'port-priority', label: value.value.logicalLabel };
    case 'portOperations':
      return { kind: 'port-operations', label: value.value.logicalLabel };
    case 'operationPriorities':
      return { kind: 'operation-priorities', operation: value.value.operation };
    case 'networkInstancePriorities':
      return { kind: 'network-instance-priorities', id: value.value.networkInstanceId };
  }
}

function keyOfValue(value: OverrideValue | undefined): string {
  return value === undefined ? '' : keyOf(targetOf(value));
}

function keyOf(target: OverrideTarget): string {
  return Object.values(target).join(' ');
}

function targetText(target: OverrideTarget, { networkInstances }: DeviceModel): string {
  switch (target.kind) {
    case 'port-priority':
      return `priority of ${target.label}`;
    case 'port-operations':
      return `operations on ${target.label}`;
    case 'operation-priorities':
      return `priorities for ${formatOperation(target.operation)}`;
    case 'network-instance-priorities':
      return `priorities for ${networkInstances.find(({ id }) => id === target.id)?.name ?? target.id}`;
  }
}

function overrideText(value: OverrideValue): string {
  switch (value.$case) {
    case 'portPriority':
      return `${value.value.priority} (override)`;
    case 'portOperations':
      return `${formatOperations(value.value.operations)} (override)`;
    case 'operationPriorities':
    case 'networkInstancePriorities':
      return `${formatPriorities(value.value.priorities)} (override)`;
  }
}

function configuredText(target: OverrideTarget, configured: DeviceModel): string {
  switch (target.kind) {
    case 'port-priority':
      return `${configured.ports.find(({ label }) => label === target.label)?.priority ?? '?'} (configuration)`;
    case 'port-operations': {
      const port = configured.ports.find(({ label }) => label === target.label);
      return `${formatOperations(port?.allowedOperations ?? [])} (configuration)`;
    }
    case 'operation-priorities': {
      const inForce = limitInForce(target.operation, undefined, configured);
      if (inForce.from === 'download-max-cost') return `up to ${inForce.maxCost} (network.download.max.cost)`;
      return `${formatLimit(inForce.limit)} (${inForce.from === 'operation' ? 'configuration' : 'default'})`;
    }
    case 'network-instance-priorities': {
      const limit = configured.networkInstances.find(({ id }) => id === target.id)?.allowedPriorities;
      return limit === undefined ? 'those of app traffic' : `${formatLimit(limit)} (configuration)`;
    }
  }
}
