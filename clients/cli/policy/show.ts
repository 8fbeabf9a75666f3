import type { Command } from 'commander';

import { GetPolicyResponse } from '../../../gen/zedagent/v1/policy.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { messageToJson } from '../../terminal/json.js';
import { policyText } from '../../render/policy-text.js';

/** `policy show` */
export async function show({ json }: { readonly json?: boolean }, command: Command): Promise<void> {
  const policy = await withConnection('policy', connectionOptionsOf(command), (connection) =>
    ask(connection, (client, callOptions) => call(client, 'getPolicy', {}, callOptions)),
  );
  if (json === true)
    printJson(await messageToJson('org.lfedge.eve.zedagent.v1.GetPolicyResponse', GetPolicyResponse, policy));
  else print(policyText(policy));
}
