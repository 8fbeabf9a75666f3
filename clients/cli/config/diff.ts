import type { Command } from 'commander';
import { configToJson } from '../../../lib/configuration/index.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { differenceLine, differences } from './difference.js';
import { readConfigFile } from './file.js';
import { getDeviceConfig } from './in-force.js';

/** `config diff` */
export async function diff(file: string, options: { readonly json?: boolean }, command: Command): Promise<void> {
  const { config: wanted } = await readConfigFile(file);
  const { config, version } = await getDeviceConfig(connectionOptionsOf(command));
  const found = differences('', configToJson(config), configToJson(wanted));
  if (options.json === true) printJson({ version: version.toString(), differences: found });
  else if (found.length === 0) print(`No difference from version ${version}, which is in force`);
  else print([`From version ${version}, which is in force, to ${file}:`, ...found.map(differenceLine)].join('\n'));
}
