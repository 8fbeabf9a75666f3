import type { Command } from 'commander';

import { RevokeGrantResponse } from '../../../gen/zedagent/v1/policy.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { messageToJson } from '../../terminal/json.js';
import { printable } from '../../render/table.js';

export interface RevokeOptions {
  readonly author: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `policy revoke` */
export async function revoke(
  id: string,
  { author, reason = '', json }: RevokeOptions,
  command: Command,
): Promise<void> {
  const answer = await withConnection('policy', connectionOptionsOf(command), (connection) =>
    ask(connection, (client, callOptions) => call(client, 'revokeGrant', { id, author, reason }, callOptions)),
  );
  if (json === true)
    printJson(await messageToJson('org.lfedge.eve.zedagent.v1.RevokeGrantResponse', RevokeGrantResponse, answer));
  else print(answer.changes.map(printable).join('\n'));
}
