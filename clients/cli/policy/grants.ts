import type { Command } from 'commander';

import { ListGrantsResponse } from '../../../gen/zedagent/v1/policy.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { messageToJson } from '../../terminal/json.js';
import { grantsText } from '../../render/policy-text.js';

/** `policy grants` */
export async function grants({ json }: { readonly json?: boolean }, command: Command): Promise<void> {
  const answer = await withConnection('policy', connectionOptionsOf(command), (connection) =>
    ask(connection, (client, callOptions) => call(client, 'listGrants', {}, callOptions)),
  );
  if (json === true)
    printJson(await messageToJson('org.lfedge.eve.zedagent.v1.ListGrantsResponse', ListGrantsResponse, answer));
  else print(answer.grants.length === 0 ? 'No grants' : grantsText(answer.grants));
}
