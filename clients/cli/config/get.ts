import type { Command } from 'commander';
import { stringify } from 'yaml';
import { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { configToJson } from '../../../lib/configuration/index.js';
import { exitCodes } from '../../terminal/exit-codes.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { CommandProblem } from '../../terminal/problem.js';
import { writeOutputFile } from './file.js';
import type { Format } from './formats.js';
import { getDeviceConfig } from './in-force.js';

/** A configuration as a file has it. */
export function configContent(config: EdgeDevConfig, format: Format): string | Uint8Array {
  switch (format) {
    case 'json':
      return `${JSON.stringify(configToJson(config), undefined, 2)}\n`;
    case 'yaml':
      return stringify(configToJson(config));
    case 'binary':
      return EdgeDevConfig.encode(config).finish();
  }
}

export interface GetOptions {
  readonly format: Format;
  readonly output?: string;
}

/** `config get` */
export async function get(wanted: bigint | undefined, { format, output }: GetOptions, command: Command): Promise<void> {
  if (format === 'binary' && output === undefined && process.stdout.isTTY) {
    throw new CommandProblem('Binary does not go to a terminal: name a file with -o', exitCodes.usage);
  }
  const { config, version } = await getDeviceConfig(connectionOptionsOf(command), wanted);
  const content = configContent(config, format);
  if (output === undefined) {
    process.stdout.write(content);
  } else {
    await writeOutputFile(output, content);
    process.stderr.write(`Version ${version} written to ${output}\n`);
  }
}
