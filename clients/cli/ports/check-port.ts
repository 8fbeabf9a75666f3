import type { Command } from 'commander';

import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { AuthorizePortResponse } from '../../../gen/nim/v1/port_authorization.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { exitCodes } from '../../terminal/exit-codes.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { messageToJson } from '../../terminal/json.js';
import { printable } from '../../render/table.js';

/** `check-port`: whether it has link, address and a route is said beside, and does not change the answer. */
export async function checkPort(
  operation: NetworkOperation,
  port: string,
  { json }: { readonly json?: boolean },
  command: Command,
): Promise<void> {
  const answer = await withConnection('authorization', connectionOptionsOf(command), (nim) =>
    ask(nim, (client, callOptions) => call(client, 'authorizePort', { operation, port }, callOptions)),
  );
  const { allowed, detail } = answer;
  if (json === true)
    printJson(await messageToJson('org.lfedge.eve.nim.v1.AuthorizePortResponse', AuthorizePortResponse, answer));
  else
    print(
      printable(
        allowed && answer.port?.usable === false
          ? `${detail}; it has no link, no address or no default route now`
          : detail,
      ),
    );
  if (!allowed) process.exitCode = exitCodes.denied;
}
