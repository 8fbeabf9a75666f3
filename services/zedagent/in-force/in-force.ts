import { status } from '@grpc/grpc-js';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import type { Policy, PolicyChange } from '../../../gen/zedagent/v1/policy.js';
import {
  interpretSliced,
  underPolicy,
  type DeviceModel,
  type Interpretation,
} from '../../../lib/configuration/index.js';
import { oncePerInSlices } from '../../../lib/once/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import { atOnce, type Sliced } from '../../../lib/slices/index.js';

/** All that zedagent hands out. */
export interface InForce {
  /** Undefined before the first push. */
  readonly deviceConfig: DeviceConfig | undefined;
  readonly policy: Policy;
  /** The newest changes of the policy, oldest first; bounded. */
  readonly changes: readonly PolicyChange[];
}

/** A configuration that has been pushed, whole. */
export type PushedConfig = DeviceConfig & { readonly config: EdgeDevConfig };

/** So many changes of the policy are kept for readers that were away. */
const CHANGES_KEPT = 200;

/** The configuration that the policy lies over. @throws RpcError NO_CONFIG where there is none */
export function configInForce({ deviceConfig }: InForce): PushedConfig {
  if (deviceConfig?.config === undefined) {
    throw new RpcError(status.FAILED_PRECONDITION, 'no configuration has been pushed yet, so there is no policy', {
      reason: 'NO_CONFIG',
    });
  }
  return { ...deviceConfig, config: deviceConfig.config };
}

/** What comes of a change of the policy: the next version, and the change kept with it. */
export function withChange(
  { policy, changes }: InForce,
  next: Partial<Policy>,
  change: Omit<PolicyChange, 'policyVersion'>,
): Pick<InForce, 'policy' | 'changes'> {
  const version = policy.version + 1n;
  return {
    policy: { ...policy, ...next, version },
    changes: [...changes, { ...change, policyVersion: version }].slice(-CHANGES_KEPT),
  };
}

/** The model in force, the policy over it; undefined before the first configuration, and where it makes none. */
export function effectiveModel({ deviceConfig, policy }: InForce): DeviceModel | undefined {
  if (deviceConfig?.config === undefined) return undefined;
  const interpretation = atOnce(interpretationOf(deviceConfig.config));
  return interpretation.kind === 'valid' ? underPolicy(interpretation.model, policy) : undefined;
}

const interpretations = oncePerInSlices((config: EdgeDevConfig) => interpretSliced(config));

/** What a configuration is by itself; with pauses the first time, so that what asks later need not wait. */
export function interpretationOf(config: EdgeDevConfig): Sliced<Interpretation> {
  return interpretations.of(config);
}

/** Notes what has been found out of a configuration. */
export function noteInterpretation(config: EdgeDevConfig, interpretation: Interpretation): void {
  interpretations.note(config, interpretation);
}

/** The model of a configuration by itself, without the policy over it. @throws RpcError where it makes none */
export function configuredModel(config: EdgeDevConfig): DeviceModel {
  const interpretation = atOnce(interpretationOf(config));
  if (interpretation.kind === 'valid') return interpretation.model;
  // An earlier version took it. It is handed out as it was pushed, and nobody acts upon it.
  throw new RpcError(status.FAILED_PRECONDITION, 'the configuration in force is invalid for this version; push one', {
    reason: 'CONFIG_NOT_UNDERSTOOD',
  });
}
