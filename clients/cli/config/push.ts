import type { Command } from 'commander';
import type { PushConfigResponse } from '../../../gen/zedagent/v1/device_config.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { warningLines } from '../../render/configuration-lines.js';
import { pointingAt, readConfigFile } from './file.js';

/** What a push did, in a line. */
export function pushText({ version, changed }: PushConfigResponse, dryRun: boolean): string {
  if (!changed) return `Nothing to change: the configuration equals version ${version}, which is in force`;
  return dryRun ? `Valid; pushing it would make it version ${version}` : `Version ${version} is in force`;
}

export interface PushOptions {
  readonly dryRun?: boolean;
  readonly expectedVersion?: bigint;
  readonly author: string;
  readonly json?: boolean;
}

/** `config push` */
export async function push(file: string, options: PushOptions, command: Command): Promise<void> {
  const read = await readConfigFile(file);
  const { config } = read;
  const dryRun = options.dryRun === true;
  const request = { config, dryRun, expectedVersion: options.expectedVersion, author: options.author };
  const response = await withConnection('zedagent', connectionOptionsOf(command), (connection) =>
    ask(connection, (client, callOptions) => call(client, 'pushConfig', request, callOptions)),
  ).catch((problem: unknown) => {
    throw pointingAt(read, problem);
  });
  const { version, changed } = response;
  const warnings = response.warnings.map(({ field, description }) => ({ field, description }));
  if (options.json === true) printJson({ version: version.toString(), changed, dryRun, warnings });
  else for (const line of [pushText(response, dryRun), ...warningLines(response.warnings)]) print(line);
}
