import type { ConfigStatus, ConfigWarning } from '../../gen/zedagent/v1/device_config.js';
import { durationText, millisecondsOf } from './time.js';
import { printable } from './table.js';

/** What does not come about as a configuration says, a line each. */
export function warningLines(warnings: readonly Pick<ConfigWarning, 'field' | 'description'>[]): readonly string[] {
  return warnings.map(({ field, description }) =>
    printable(field === '' ? `Warning: ${description}` : `Warning: ${field}: ${description}`),
  );
}

/** What `status` says of the configuration in force: nothing where all of it comes about. */
export function configurationLines(configuration: ConfigStatus | undefined, nowMs: number): readonly string[] {
  if (configuration === undefined || configuration.version === 0n) return [];
  const { warnings, problems, version } = configuration;
  const more = 'eve-uplink config warnings';
  if (problems.length > 0) {
    return [`Configuration version ${version} is not understood by this version, and nothing is done with it: ${more}`];
  }
  return [...confirmationLines(configuration, nowMs), ...warningCount(warnings.length, more)];
}

function confirmationLines({ version, confirmation }: ConfigStatus, nowMs: number): readonly string[] {
  if (confirmation === undefined) return [];
  const left =
    confirmation.endsAt === undefined ? '' : ` in ${durationText(millisecondsOf(confirmation.endsAt) - nowMs)}`;
  return [
    `Configuration version ${version} is not confirmed: version ${confirmation.returnToVersion} returns${left} unless you run: eve-uplink config confirm`,
  ];
}

function warningCount(count: number, more: string): readonly string[] {
  if (count === 0) return [];
  return [`${count === 1 ? '1 warning' : `${count} warnings`} about the configuration: ${more}`];
}
