import type { Command } from 'commander';
import type { ConfigStatus } from '../../../gen/zedagent/v1/device_config.js';
import { warningLines } from '../../render/configuration-lines.js';
import { printable } from '../../render/table.js';
import { configStatusToJson, getConfigStatus } from '../../status-view/read.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';

/** Everything that the configuration in force says and that does not come about, a line each. */
export function warningsText({ version, warnings, problems }: ConfigStatus): string {
  if (version === 0n) return 'No configuration has been pushed yet';
  if (problems.length > 0) {
    const head = `Version ${version} is not understood by this version of eve-uplink: push another`;
    return [head, ...problems.map(({ field, description }) => printable(`  ${field}: ${description}`))].join('\n');
  }
  if (warnings.length === 0) return `Version ${version} is in force, and all of it comes about`;
  return [`Version ${version} is in force`, ...warningLines(warnings)].join('\n');
}

/** `config warnings` */
export async function warnings({ json }: { readonly json?: boolean }, command: Command): Promise<void> {
  const status = await getConfigStatus(connectionOptionsOf(command));
  if (json === true) printJson(await configStatusToJson(status));
  else print(warningsText(status));
}
