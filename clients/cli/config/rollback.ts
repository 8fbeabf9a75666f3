import type { Command } from 'commander';
import { durationOf } from '../../../lib/configuration/index.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { CommandProblem } from '../../terminal/problem.js';
import { getDeviceConfig, listVersions } from './in-force.js';
import { putInForce, type PutOptions } from './put-in-force.js';

export interface RollbackOptions extends PutOptions {
  readonly author: string;
}

/** `config rollback [version]`: the content of a former version again, as a push of it. */
export async function rollback(version: bigint | undefined, options: RollbackOptions, command: Command): Promise<void> {
  const connection = connectionOptionsOf(command);
  const { author, confirmWithin } = options;
  const wanted = version ?? (await newestFormer(connection));
  const { config } = await getDeviceConfig(connection, wanted);
  const request = {
    ...{ version: wanted, author },
    ...(confirmWithin === undefined ? {} : { confirmWithin: durationOf(confirmWithin) }),
  };
  await putInForce(options, connection, { config, expectedVersion: undefined }, async (step) => {
    const { push } = await withConnection('zedagent', connection, (zedagent) =>
      ask(zedagent, (client, callOptions) => call(client, 'rollbackConfig', { ...request, ...step }, callOptions)),
    );
    if (push === undefined) throw new CommandProblem('zedagent answered without a version');
    return push;
  });
}

async function newestFormer(connection: Parameters<typeof listVersions>[0]): Promise<bigint> {
  const [, former] = await listVersions(connection);
  if (former === undefined) throw new CommandProblem('There is no former version');
  return former.version;
}
