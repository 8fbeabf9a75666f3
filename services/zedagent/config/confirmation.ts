import { status } from '@grpc/grpc-js';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { Duration } from '../../../gen/google/protobuf/duration.js';
import type {
  ConfigConfirmation,
  ConfirmConfigRequest,
  ConfirmConfigResponse,
  DeviceConfig,
  ReturnConfigRequest,
  ReturnConfigResponse,
} from '../../../gen/zedagent/v1/device_config.js';
import {
  boundedChanges,
  configChanges,
  durationInMs,
  durationOf,
  Problems,
  timestampOf,
} from '../../../lib/configuration/index.js';
import { atOnce } from '../../../lib/slices/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import { interpretationOf, type InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';
import type { Transition } from '../in-force/transition.js';
import { checkText } from '../policy/free-text.js';
import { droppedBy, withoutDropped } from './dropped-policy.js';

/** Shorter leaves no time to look, longer is forgotten. */
const SHORTEST_MS = 10_000;
const LONGEST_MS = 24 * 3_600_000;

/**
 * The confirmation that a push waits for, where it asks for one. One that follows a version that was not confirmed
 * either leads back to the same version.
 * @throws RpcError where the time is out of range, or there is no version to return to
 */
export function confirmationFor(
  within: Duration | undefined,
  { deviceConfig }: InForce,
  now: Instant,
): ConfigConfirmation | undefined {
  if (within === undefined) return undefined;
  const withinMs = durationInMs(within);
  if (!(withinMs >= SHORTEST_MS && withinMs <= LONGEST_MS)) throw refusal('must be 10 s to 24 h');
  if (deviceConfig === undefined) throw refusal('there is no version before that could return: push it without');
  return {
    returnToVersion: deviceConfig.confirmation?.returnToVersion ?? deviceConfig.version,
    within,
    endsAtBoottime: durationOf(now.boottimeMs + withinMs),
    bootId: now.bootId,
    endsAt: timestampOf(now.wallMs + withinMs),
  };
}

function refusal(description: string): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, `confirm_within ${description}`, {
    reason: 'INVALID_CONFIRMATION',
    violations: [{ field: 'confirm_within', description }],
  });
}

/**
 * How long there is left to confirm, in milliseconds; 0: the version before is to return. A machine that has started
 * anew has none left: its clocks may be wrong, and the configuration may be what made it start.
 */
export function leftToConfirmMs({ bootId, endsAtBoottime }: ConfigConfirmation, now: Instant): number {
  return bootId === now.bootId ? Math.max(0, durationInMs(endsAtBoottime) - now.boottimeMs) : 0;
}

/**
 * What is in force stays.
 * @throws RpcError where it waits for no confirmation, or is another version
 */
export function confirmConfig(
  { deviceConfig }: InForce,
  { version }: ConfirmConfigRequest,
): Transition<ConfirmConfigResponse> {
  const unconfirmed = unconfirmedIn(deviceConfig, version);
  return {
    answer: { version: unconfirmed.version },
    next: { deviceConfig: { ...unconfirmed, confirmation: undefined } },
  };
}

/** A configuration that waits to be confirmed. */
type Unconfirmed = DeviceConfig & { readonly confirmation: ConfigConfirmation };

/**
 * The version before is in force again, in the place of one that is given up.
 * @throws RpcError where it waits for no confirmation, is another version, or the reason cannot be shown
 */
export function returnConfig(
  current: InForce,
  { version, reason }: ReturnConfigRequest,
  before: DeviceConfig & { readonly config: EdgeDevConfig },
  now: Instant,
): Transition<ReturnConfigResponse> {
  unconfirmedIn(current.deviceConfig, version);
  const problems = new Problems();
  checkText(reason, 'reason', problems);
  if (problems.list.length > 0) {
    throw new RpcError(status.INVALID_ARGUMENT, 'the reason cannot be shown', {
      reason: 'INVALID_REASON',
      violations: [...problems.list],
    });
  }
  const next = returned(current, before, `version ${version} is given up, ${reason}`, now);
  return { answer: { version: next.deviceConfig.version }, next };
}

/** @throws RpcError where it waits for no confirmation, or is another version */
export function unconfirmedIn(deviceConfig: DeviceConfig | undefined, version: bigint | undefined): Unconfirmed {
  if (deviceConfig?.confirmation === undefined) {
    throw new RpcError(
      status.FAILED_PRECONDITION,
      deviceConfig === undefined
        ? 'no configuration has been pushed yet'
        : `version ${deviceConfig.version}, which is in force, waits for no confirmation`,
      { reason: 'NOTHING_TO_CONFIRM' },
    );
  }
  if (version !== undefined && version !== deviceConfig.version) {
    throw new RpcError(status.FAILED_PRECONDITION, `version ${deviceConfig.version} is in force, not ${version}`, {
      reason: 'VERSION_MISMATCH',
      metadata: { currentVersion: String(deviceConfig.version) },
    });
  }
  return { ...deviceConfig, confirmation: deviceConfig.confirmation };
}

/** Who writes the versions that nobody pushed. */
const AUTHOR = 'zedagent';

/** What is in force when `before` returns in the place of an unconfirmed version, and why. */
export function returned(
  current: InForce,
  before: DeviceConfig & { readonly config: EdgeDevConfig },
  why: string,
  now: Instant,
): Partial<InForce> & { readonly deviceConfig: DeviceConfig } {
  const unconfirmed = current.deviceConfig;
  const deviceConfig: DeviceConfig = {
    version: (unconfirmed?.version ?? before.version) + 1n,
    config: before.config,
    pushedAt: timestampOf(now.wallMs),
    sha256: before.sha256,
    author: AUTHOR,
    changes: [...changesBetween(unconfirmed?.config, before.config)],
    reason: `version ${before.version} returns: ${why}`,
    confirmation: undefined,
  };
  if (atOnce(interpretationOf(before.config)).kind === 'invalid') return { deviceConfig };
  return { deviceConfig, ...withoutDropped(current, droppedBy(before.config, current), deviceConfig, now) };
}

function changesBetween(from: EdgeDevConfig | undefined, to: EdgeDevConfig): readonly string[] {
  const [old, fresh] = [from === undefined ? undefined : atOnce(interpretationOf(from)), atOnce(interpretationOf(to))];
  if (old?.kind !== 'valid' || fresh.kind !== 'valid') return [];
  return boundedChanges(atOnce(configChanges(old.model, fresh.model)));
}

/** Why an unconfirmed version goes when its time is up. */
export function lapsedWords({ version, confirmation }: DeviceConfig, now: Instant): string {
  return confirmation?.bootId === now.bootId
    ? `version ${version} was not confirmed in time`
    : `the device has started anew before version ${version} was confirmed`;
}
