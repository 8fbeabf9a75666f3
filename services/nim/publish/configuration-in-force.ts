import type { Timestamp } from '../../../gen/google/protobuf/timestamp.js';
import type { DeviceModel } from '../../configuration/index.js';

/** A configuration that decisions are made by. */
export interface ConfigurationInForce {
  readonly version: bigint;
  readonly author: string;
  readonly pushedAt: Timestamp | undefined;
  readonly model: DeviceModel;
}
