import type { Timestamp } from '../../../gen/google/protobuf/timestamp.js';
import type { DeviceModel } from '../../configuration/index.js';
import type { DecisionPolicy } from '../decide/index.js';

/** A configuration, with the policy over it, that decisions are made by. */
export interface ConfigurationInForce {
  readonly version: bigint;
  readonly author: string;
  /** Of the policy over it. */
  readonly policyVersion: bigint;
  readonly pushedAt: Timestamp | undefined;
  /** Its grants are the live ones. */
  readonly model: DeviceModel & Pick<DecisionPolicy, 'controllerTarget'>;
}
