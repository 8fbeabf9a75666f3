import type { Command } from 'commander';

import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { CreateGrantResponse } from '../../../gen/zedagent/v1/policy.js';
import { durationOf } from '../../../lib/configuration/index.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { messageToJson } from '../../terminal/json.js';
import { printable } from '../../render/table.js';

export interface GrantOptions {
  readonly priority: readonly (readonly number[])[];
  readonly networkInstance?: string;
  /** Milliseconds. */
  readonly for: number;
  readonly reason: string;
  readonly author: string;
  readonly json?: boolean;
}

/** `policy grant` */
export async function grant(operation: NetworkOperation, options: GrantOptions, command: Command): Promise<void> {
  const { networkInstance = '', reason, author } = options;
  const lifetime = durationOf(options.for);
  const request = { operation, priorities: options.priority.flat(), networkInstance, lifetime, reason, author };
  const answer = await withConnection('policy', connectionOptionsOf(command), (connection) =>
    ask(connection, (client, callOptions) => call(client, 'createGrant', request, callOptions)),
  );
  if (options.json === true) {
    printJson(await messageToJson('org.lfedge.eve.zedagent.v1.CreateGrantResponse', CreateGrantResponse, answer));
    return;
  }
  const id = answer.grant?.id ?? '';
  print([...answer.changes.map(printable), `To end it before: eve-uplink policy revoke ${id}`].join('\n'));
}
