import type { Command } from 'commander';
import { boundedNotices, configToJson, fieldNotices } from '../../../lib/configuration/index.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { warningLines } from '../../render/configuration-lines.js';
import { differenceLine, differences } from './difference.js';
import { readConfigFile } from './file.js';
import { getDeviceConfig } from './in-force.js';

/** `config diff` */
export async function diff(file: string, options: { readonly json?: boolean }, command: Command): Promise<void> {
  const { config: wanted } = await readConfigFile(file);
  const { config, version } = await getDeviceConfig(connectionOptionsOf(command));
  const found = differences('', configToJson(config), configToJson(wanted));
  const { refused, warned } = fieldNotices(wanted);
  const warnings = boundedNotices([...refused, ...warned]).map(({ field, description }) => ({
    field: field === '' ? 'config' : `config.${field}`,
    description,
  }));
  if (options.json === true) printJson({ version: version.toString(), differences: found, warnings });
  else {
    const head =
      found.length === 0
        ? `No difference from version ${version}, which is in force`
        : `From version ${version}, which is in force, to ${file}:`;
    print([head, ...found.map(differenceLine), ...warningLines(warnings)].join('\n'));
  }
}
