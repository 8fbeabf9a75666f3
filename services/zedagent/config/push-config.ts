import { status } from '@grpc/grpc-js';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { DeviceConfig, PushConfigRequest, PushConfigResponse } from '../../../gen/zedagent/v1/device_config.js';
import {
  boundedChanges,
  boundedNotices,
  configChanges,
  holdsAnything,
  fieldNoticesSliced,
  interpretPushed,
  interpretSliced,
  isUuid,
  Problems,
  timestampOf,
  type DeviceModel,
  type FieldNotices,
  type Problem,
} from '../../../lib/configuration/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import type { Sliced } from '../../../lib/slices/index.js';
import { confirmationFor } from './confirmation.js';
import { configWarnings } from './config-warnings.js';
import { encodedConfig } from './encoded-config.js';
import { configuredModel, effectiveModel, noteInterpretation, type InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';
import type { Transition } from '../in-force/transition.js';
import { checkText } from '../policy/free-text.js';
import { droppedBy, withoutDropped, type Dropped } from './dropped-policy.js';
import { unlikely } from './unlikely.js';

/** What is known of a push beside its request. */
export interface PushedBy {
  /** The interface by which it came; undefined: from this machine, or not known. */
  readonly callerInterface?: string | undefined;
  /** Why it is pushed, where nobody has made it anew. */
  readonly reason?: string;
}

/**
 * What a push makes of what is in force. Overrides and grants outlive it, but for those of what it no longer has.
 * @throws RpcError with every problem, where the expected version is not in force, or where it is hardly meant
 */
export function* pushConfig(
  current: InForce,
  request: PushConfigRequest,
  now: Instant,
  { callerInterface, reason = '' }: PushedBy = {},
): Sliced<Transition<PushConfigResponse>> {
  const { config, dryRun, expectedVersion, author } = request;
  if (config === undefined) throw noConfiguration('is required');
  const version = current.deviceConfig?.version ?? 0n;
  refuseOtherVersion(expectedVersion, version);
  refuseWhatIsNone(config);
  const notices = yield* refuseInvalid(config, author);
  const dropped = droppedBy(config, current);
  const modelAfter = yield* effectiveModelOf(config, dropped);
  const warnings = yield* configWarnings(config, modelAfter, notices);
  yield;
  const { sha256 } = yield* encodedConfig(config);
  if (current.deviceConfig?.sha256 === sha256) {
    return { answer: { version, changed: false, droppedPolicy: [], warnings, changes: [], unlikely: [] } };
  }
  yield;
  const { changes, doubts } = yield* comparedWith(current, config, modelAfter, callerInterface);
  const next = version + 1n;
  const answer: PushConfigResponse = {
    ...{ version: next, changed: true, droppedPolicy: [...dropped.changes], warnings },
    ...{ changes: [...changes], unlikely: [...doubts] },
  };
  const confirmation = confirmationFor(request.confirmWithin, current, now);
  if (dryRun) return { answer: { ...answer, confirmation } };
  if (doubts.length > 0 && request.assumeYes !== true) throw hardlyMeant(doubts);
  const deviceConfig: DeviceConfig = {
    ...{ version: next, config, pushedAt: timestampOf(now.wallMs), sha256, author },
    ...{ changes: [...changes], reason, confirmation },
  };
  return {
    answer: { ...answer, confirmation },
    next: { deviceConfig, ...withoutDropped(current, dropped, deviceConfig, now) },
  };
}

function* comparedWith(
  current: InForce,
  after: EdgeDevConfig,
  modelAfter: DeviceModel,
  callerInterface: string | undefined,
): Sliced<{ readonly changes: readonly string[]; readonly doubts: readonly string[] }> {
  const before = current.deviceConfig?.config;
  if (before === undefined) return { changes: [], doubts: [] };
  const modelBefore = effectiveModel(current);
  const changes = modelBefore === undefined ? [] : yield* configChanges(modelBefore, modelAfter);
  return {
    changes: boundedChanges(changes),
    doubts: unlikely({ before, after, modelBefore, modelAfter, callerInterface }),
  };
}

function hardlyMeant(doubts: readonly string[]): RpcError {
  return new RpcError(
    status.FAILED_PRECONDITION,
    `the push is hardly meant: ${doubts.join('; ')}. Push it with --yes (assume_yes) if it is`,
    { reason: 'UNLIKELY_CONFIG', violations: doubts.map((description) => ({ field: 'config', description })) },
  );
}

function noConfiguration(description: string): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, `the request holds no configuration: ${description}`, {
    reason: 'INVALID_CONFIG',
    violations: [{ field: 'config', description }],
  });
}

/** Messages around a configuration decode as one, which would mean: no port, no app. */
function refuseWhatIsNone(config: EdgeDevConfig): void {
  if (!holdsAnything(config)) {
    throw noConfiguration(
      'it is empty, which would remove everything; if that is meant, push one that has nothing but the id.uuid of the device',
    );
  }
  if (!isMisread(config)) return;
  throw noConfiguration(
    'it is another message, as a ConfigResponse or an AuthContainer is: send the EdgeDevConfig that is inside',
  );
}

/** Field 1 of those is a message, too: its bytes then stand where the device's UUID belongs. */
function isMisread({ id }: EdgeDevConfig): boolean {
  if (id === undefined || isUuid(id.uuid)) return false;
  return /[\p{C}\uFFFD]/u.test(id.uuid) || Object.keys(id._unknownFields ?? {}).length > 0;
}

function refuseOtherVersion(expected: bigint | undefined, current: bigint): void {
  if (expected === undefined || expected === current) return;
  throw new RpcError(
    status.FAILED_PRECONDITION,
    `version ${expected} was expected, and ${current === 0n ? 'there is no configuration yet' : `${current} is in force`}`,
    { reason: 'VERSION_MISMATCH', metadata: { currentVersion: String(current) } },
  );
}

/** What is said of its fields, where nothing is wrong. @throws RpcError where something is */
function* refuseInvalid(config: EdgeDevConfig, author: string): Sliced<FieldNotices> {
  const ofAuthor = new Problems();
  checkText(author, 'author', ofAuthor);
  const interpretation = yield* interpretPushed(config);
  noteInterpretation(config, interpretation);
  const notices = yield* fieldNoticesSliced(config);
  const ofFields = boundedNotices(notices.refused);
  const ofConfig = [...(interpretation.kind === 'valid' ? [] : interpretation.problems), ...ofFields];
  const violations = [...ofAuthor.list, ...configViolations(ofConfig)];
  if (violations.length === 0) return notices;
  throw new RpcError(
    status.INVALID_ARGUMENT,
    violations.length === 1 ? 'the configuration has a problem' : `the configuration has ${violations.length} problems`,
    { reason: 'INVALID_CONFIG', violations },
  );
}

/**
 * What a configuration means under what is left of the policy. Labels follow priorities, so one that is sound by itself
 * may clash with an override.
 * @throws RpcError where it does
 */
function* effectiveModelOf(config: EdgeDevConfig, policy: Dropped): Sliced<DeviceModel> {
  if (policy.overrides.length === 0 && policy.grants.length === 0) return configuredModel(config);
  const interpretation = yield* interpretSliced(config, policy);
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
