import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { Timestamp } from '../../../gen/google/protobuf/timestamp.js';
import type { PolicyOverride } from '../../../gen/zedagent/v1/policy.js';
import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { DecisionPolicy } from '../../../lib/decision/decide/index.js';

/** A configuration, with the policy over it, that decisions are made by. */
export interface ConfigurationInForce {
  readonly version: bigint;
  readonly author: string;
  /** What went and came with it, in words; absent: nothing. */
  readonly changes?: readonly string[];
  /** Why it is in force where nobody pushed it; absent: somebody did. */
  readonly reason?: string;
  /** It waits to be confirmed; absent: it does not. */
  readonly isUnconfirmed?: true;
  /** Of the policy over it. */
  readonly policyVersion: bigint;
  readonly pushedAt: Timestamp | undefined;
  /** What the model was made of, the grants left aside. */
  readonly source: { readonly config: EdgeDevConfig; readonly overrides: readonly PolicyOverride[] };
  /** Its grants are the live ones. */
  readonly model: DeviceModel & Pick<DecisionPolicy, 'controllerTarget'>;
}
