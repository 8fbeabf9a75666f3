import type { Command } from 'commander';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';

export interface ConfirmOptions {
  readonly expectedVersion?: bigint;
  readonly json?: boolean;
}

/** `config confirm` */
export async function confirm({ expectedVersion: expected, json }: ConfirmOptions, command: Command): Promise<void> {
  const request = expected === undefined ? {} : { version: expected };
  const { version } = await withConnection('zedagent', connectionOptionsOf(command), (zedagent) =>
    ask(zedagent, (client, callOptions) => call(client, 'confirmConfig', request, callOptions)),
  );
  if (json === true) printJson({ version: version.toString() });
  else print(`Version ${version} is confirmed, and stays`);
}
