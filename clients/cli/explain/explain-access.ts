import type { Command } from 'commander';
import { ExplainAccessResponse } from '../../../gen/zedrouter/v1/network_router.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { accessLines, isAllowed } from '../../render/access-text.js';
import { explanationText } from '../../render/explanation-text.js';
import { messageToJson } from '../../terminal/json.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { destinationText, type Destination } from './destination.js';

/** `explain APP --to`: what the app's access list says of a flow, and by which port it would leave. */
export async function explainAccess(
  app: string,
  to: Destination,
  { json }: { readonly json?: boolean },
  command: Command,
): Promise<void> {
  const options = connectionOptionsOf(command);
  const response = await withConnection('zedrouter', options, (zedrouter) =>
    ask(zedrouter, (client, callOptions) =>
      call(client, 'explainAccess', { app, interface: '', localPort: 0, ...to }, callOptions),
    ),
  );
  if (json === true) {
    printJson(
      await messageToJson('org.lfedge.eve.zedrouter.v1.ExplainAccessResponse', ExplainAccessResponse, response),
    );
    return;
  }
  const { explanations } = response;
  const lines = explanations.flatMap((each) => accessLines(each, destinationText(to)));
  const inside = explanations.filter(({ ingress }) => ingress).map(({ networkInstanceId }) => networkInstanceId);
  const leaving = [...new Set(explanations.map(({ networkInstanceId }) => networkInstanceId))].filter(
    (id) => !inside.includes(id),
  );
  const ways = await withConnection('nim', options, (nim) =>
    Promise.all(
      leaving.map((value) =>
        ask(nim, (client, callOptions) =>
          call(client, 'explain', { subject: { $case: 'networkInstance', value } }, callOptions),
        ),
      ),
    ),
  );
  const would = isAllowed(explanations) ? 'It leaves' : 'If it were allowed, it would leave';
  print(
    [
      lines.join('\n'),
      ...(inside.length === 0 ? [] : ['It stays inside the network instance, whatever port that uses.']),
      ...ways.map((way) => `${would} as its network instance does:\n${explanationText(way)}`),
    ].join('\n\n'),
  );
}
