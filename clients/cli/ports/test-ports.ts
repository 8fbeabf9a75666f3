import type { Command } from 'commander';

import { PortTestState } from '../../../gen/evecommon/uplink.js';
import { TestPortsResponse, type PortTestResult } from '../../../gen/nim/v1/network_interface_manager.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { exitCodes } from '../../terminal/exit-codes.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { messageToJson } from '../../terminal/json.js';
import { testResultsText } from '../../render/test-results-text.js';

/** A test of a slow port takes its time, and those of one port go one after the other. */
const TIMEOUT_MS = 120_000;

/** `test-ports` */
export async function testPorts(
  ports: readonly string[],
  { json }: { readonly json?: boolean },
  command: Command,
): Promise<void> {
  const answer = await withConnection('nim', connectionOptionsOf(command), (nim) =>
    ask(nim, (client, callOptions) => call(client, 'testPorts', { ports: [...ports] }, callOptions), TIMEOUT_MS),
  );
  if (json === true)
    printJson(await messageToJson('org.lfedge.eve.nim.v1.TestPortsResponse', TestPortsResponse, answer));
  else print(answer.results.length === 0 ? 'There are no ports' : testResultsText(answer.results));
  if (!answer.results.every(works)) process.exitCode = exitCodes.failed;
}

function works({ usable, targets }: PortTestResult): boolean {
  return usable && targets.every(({ testState }) => testState === PortTestState.PORT_TEST_STATE_WORKING);
}
