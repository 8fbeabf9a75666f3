import type { Command } from 'commander';
import { call } from '../../../lib/rpc/index.js';
import { durationOf } from '../../../lib/configuration/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { pointingAt, readConfigFile } from './file.js';
import { putInForce, type PutOptions } from './put-in-force.js';

export interface PushOptions extends PutOptions {
  readonly expectedVersion?: bigint;
  readonly author: string;
}

/** `config push` */
export async function push(file: string, options: PushOptions, command: Command): Promise<void> {
  const read = await readConfigFile(file);
  const { config } = read;
  const { expectedVersion, author, confirmWithin } = options;
  const connection = connectionOptionsOf(command);
  const request = {
    ...{ config, author },
    ...(confirmWithin === undefined ? {} : { confirmWithin: durationOf(confirmWithin) }),
  };
  await putInForce(options, connection, { config, expectedVersion }, (step) =>
    withConnection('zedagent', connection, (zedagent) =>
      ask(zedagent, (client, callOptions) => call(client, 'pushConfig', { ...request, ...step }, callOptions)),
    ).catch((problem: unknown) => {
      throw pointingAt(read, problem);
    }),
  );
}
