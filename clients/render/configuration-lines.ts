import type { ConfigStatus, ConfigWarning } from '../../gen/zedagent/v1/device_config.js';
import { printable } from './table.js';

/** What does not come about as a configuration says, a line each. */
export function warningLines(warnings: readonly Pick<ConfigWarning, 'field' | 'description'>[]): readonly string[] {
  return warnings.map(({ field, description }) =>
    printable(field === '' ? `Warning: ${description}` : `Warning: ${field}: ${description}`),
  );
}

/** What `status` says of the configuration in force: nothing where all of it comes about. */
export function configurationLines(configuration: ConfigStatus | undefined): readonly string[] {
  if (configuration === undefined || configuration.version === 0n) return [];
  const { warnings, problems, version } = configuration;
  const more = 'eve-uplink config warnings';
  if (problems.length > 0) {
    return [`Configuration version ${version} is not understood by this version, and nothing is done with it: ${more}`];
  }
  if (warnings.length === 0) return [];
  return [`${warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`} about the configuration: ${more}`];
}
