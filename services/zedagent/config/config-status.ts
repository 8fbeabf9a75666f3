import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { ConfigStatus, type ConfigWarning } from '../../../gen/zedagent/v1/device_config.js';
import {
  boundedNotices,
  fieldNoticesSliced,
  interpretSliced,
  type DeviceModel,
} from '../../../lib/configuration/index.js';
import { oncePer } from '../../../lib/once/index.js';
import { inSlices, type Sliced } from '../../../lib/slices/index.js';
import type { InForce } from '../in-force/in-force.js';
import { configWarnings } from './config-warnings.js';
import { configViolations } from './push-config.js';

/**
 * What is known of the configuration in force; version 0 where there is none. Made once for each state: clients ask
 * often, and large configurations take their time.
 */
export const configStatus: (current: InForce) => Promise<ConfigStatus> = oncePer((current) =>
  inSlices(statusOf(current)),
);

function* statusOf(current: InForce): Sliced<ConfigStatus> {
  const { deviceConfig, policy } = current;
  if (deviceConfig?.config === undefined) return ConfigStatus.create();
  const { version, pushedAt, sha256, author, config, confirmation } = deviceConfig;
  const interpretation = yield* interpretSliced(config, policy);
  return {
    ...{ version, pushedAt, sha256, author, confirmation },
    warnings: interpretation.kind === 'valid' ? yield* warningsInForce(config, interpretation.model) : [],
    problems: interpretation.kind === 'valid' ? [] : configViolations(boundedNotices(interpretation.problems)),
  };
}

/** What an earlier version took in and this one would refuse goes on: of that, too, people are to know. */
function* warningsInForce(config: EdgeDevConfig, model: DeviceModel): Sliced<ConfigWarning[]> {
  const refusedNow = boundedNotices((yield* fieldNoticesSliced(config)).refused);
  return [...configViolations(refusedNow), ...(yield* configWarnings(config, model))];
}
