import { createHash } from 'node:crypto';

import { status } from '@grpc/grpc-js';

import { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { DeviceConfig, PushConfigRequest, PushConfigResponse } from '../../../gen/zedagent/v1/device_config.js';
import { PolicyChangeKind } from '../../../gen/zedagent/v1/policy.js';
import {
  boundedNotices,
  fieldNotices,
  interpret,
  timestampOf,
  withoutOrphans,
  type DeviceModel,
  type Problem,
} from '../../../lib/configuration/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import { configWarnings } from './config-warnings.js';
import { configuredModel, withChange, type InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';
import type { Transition } from '../in-force/transition.js';

/**
 * What a push makes of what is in force. Overrides and grants outlive it, but for those of what it no longer has.
 * @throws RpcError with every problem, or where the expected version is not in force
 */
export function pushConfig(current: InForce, request: PushConfigRequest, now: Instant): Transition<PushConfigResponse> {
  const { config, dryRun, expectedVersion, author } = request;
  if (config === undefined) {
    throw new RpcError(status.INVALID_ARGUMENT, 'the request holds no configuration', {
      reason: 'INVALID_CONFIG',
      violations: [{ field: 'config', description: 'is required' }],
    });
  }
  const version = current.deviceConfig?.version ?? 0n;
  refuseOtherVersion(expectedVersion, version);
  refuseInvalid(config);
  const dropped = droppedBy(config, current);
  const warnings = configWarnings(config, effectiveModelOf(config, dropped));
  const sha256 = digestOf(config);
  if (current.deviceConfig?.sha256 === sha256)
    return { answer: { version, changed: false, droppedPolicy: [], warnings } };
  const next = version + 1n;
  const answer = { version: next, changed: true, droppedPolicy: [...dropped.changes], warnings };
  if (dryRun) return { answer };
  const deviceConfig: DeviceConfig = { version: next, config, pushedAt: timestampOf(now.wallMs), sha256, author };
  return { answer, next: { deviceConfig, ...withoutDropped(current, dropped, deviceConfig, now) } };
}

type Dropped = Pick<InForce['policy'], 'overrides' | 'grants'> & { readonly changes: readonly string[] };

/** What is left of the policy over a configuration, and what is not, in words. */
export function droppedBy(config: EdgeDevConfig, { policy }: InForce): Dropped {
  const model = configuredModel(config);
  const { overrides, changes } = withoutOrphans(policy.overrides, model);
  const isThere = (id: string): boolean => id === '' || model.networkInstances.some((instance) => instance.id === id);
  const grants = policy.grants.filter(({ networkInstanceId }) => isThere(networkInstanceId));
  const ended = policy.grants
    .filter((grant) => !grants.includes(grant))
    .map(({ id, networkInstanceId }) => `grant ${id} ends: there is no network instance ${networkInstanceId} any more`);
  return { overrides: [...overrides], grants, changes: [...changes, ...ended] };
}

/** The policy without what was dropped, if anything was. */
export function withoutDropped(
  current: InForce,
  { overrides, grants, changes }: Dropped,
  { version, author }: Pick<DeviceConfig, 'version' | 'author'>,
  now: Instant,
): Partial<Pick<InForce, 'policy' | 'changes'>> {
  if (changes.length === 0) return {};
  return withChange(
    current,
    { overrides, grants },
    {
      kind: PolicyChangeKind.POLICY_CHANGE_KIND_DROPPED,
      time: timestampOf(now.wallMs),
      author,
      reason: `configuration version ${version}`,
      grantId: '',
      changes: [...changes],
    },
  );
}

function refuseOtherVersion(expected: bigint | undefined, current: bigint): void {
  if (expected === undefined || expected === current) return;
  throw new RpcError(
    status.FAILED_PRECONDITION,
    `version ${expected} was expected, and ${current === 0n ? 'there is no configuration yet' : `${current} is in force`}`,
    { reason: 'VERSION_MISMATCH', metadata: { currentVersion: String(current) } },
  );
}

function refuseInvalid(config: EdgeDevConfig): void {
  const interpretation = interpret(config);
  const { refused } = fieldNotices(config);
  const problems = [...(interpretation.kind === 'valid' ? [] : interpretation.problems), ...boundedNotices(refused)];
  if (problems.length === 0) return;
  throw new RpcError(
    status.INVALID_ARGUMENT,
    problems.length === 1 ? 'the configuration has a problem' : `the configuration has ${problems.length} problems`,
    { reason: 'INVALID_CONFIG', violations: configViolations(problems) },
  );
}

/**
 * What a configuration means under what is left of the policy. Labels follow priorities, so one that is sound by itself
 * may clash with an override.
 * @throws RpcError where it does
 */
function effectiveModelOf(config: EdgeDevConfig, policy: Dropped): DeviceModel {
  const interpretation = interpret(config, policy);
  if (interpretation.kind === 'valid') return interpretation.model;
  throw new RpcError(
    status.INVALID_ARGUMENT,
    'the configuration is sound by itself, and clashes with overrides of the policy in force: change it, or take them back first',
    { reason: 'INVALID_WITH_OVERRIDES', violations: configViolations(interpretation.problems) },
  );
}

/** Problems of a configuration as violations of a request's field `config`. */
export function configViolations(problems: readonly Problem[]): { field: string; description: string }[] {
  return problems.map(({ field, description }) => ({ field: `config.${field}`, description }));
}

/** Hexadecimal SHA-256 of the binary form. */
function digestOf(config: EdgeDevConfig): string {
  return createHash('sha256').update(EdgeDevConfig.encode(config).finish()).digest('hex');
}
