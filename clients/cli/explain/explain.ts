import type { Command } from 'commander';
import { ExplainResponse, type ExplainRequest } from '../../../gen/nim/v1/network_interface_manager.js';
import type { NetworkInterfaceManagerServiceClient } from '../../../gen/nim/v1/network_interface_manager.js';
import { systemClock } from '../../../lib/clock/index.js';
import type { NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection, type Connection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { drainLines } from '../../render/drain-lines.js';
import { explanationText } from '../../render/explanation-text.js';
import { messageToJson } from '../../terminal/json.js';
import { explainAccess } from './explain-access.js';
import { destinationIn, type Destination } from './destination.js';
import { operationNames } from '../../terminal/operation-names.js';

type Subject = NonNullable<ExplainRequest['subject']>;

/** What a word asks about: an operation by its name, else a network instance by UUID or display name. */
export function subjectNamed(word: string): Subject {
  const operation = operationNames.get(word);
  return operation === undefined ? { $case: 'networkInstance', value: word } : { $case: 'operation', value: operation };
}

async function everyNetworkInstance(
  nim: Connection<NetworkInterfaceManagerServiceClient>,
): Promise<readonly Subject[]> {
  const { statuses } = await ask(nim, (client, callOptions) =>
    call(client, 'listNetworkInstanceTestStatus', { networkInstances: [] }, callOptions),
  );
  return statuses.map(({ networkInstanceId }) => ({ $case: 'networkInstance', value: networkInstanceId }));
}

/**
 * What zedrouter has applied of those that are asked about: NIM knows neither flows on former ports nor what stands in
 * the way on the host. None where zedrouter does not answer, which `status` says.
 */
async function appliedStatuses(word: string | undefined, command: Command): Promise<readonly NetworkInstanceStatus[]> {
  const networkInstances = word === undefined ? [] : [word];
  if (word !== undefined && operationNames.has(word)) return [];
  try {
    const { statuses } = await withConnection('zedrouter', connectionOptionsOf(command), (zedrouter) =>
      ask(zedrouter, (client, callOptions) =>
        call(client, 'listNetworkInstanceStatus', { networkInstances }, callOptions),
      ),
    );
    return statuses;
  } catch {
    return [];
  }
}

function destinationOf(text: string, command: Command): Destination {
  try {
    return destinationIn(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    return command.error(`error: option '--to <destination>' argument '${text}' is invalid. ${reason}`);
  }
}

/** `explain` */
export async function explain(
  word: string | undefined,
  { json, to }: { readonly json?: boolean; readonly to?: string },
  command: Command,
): Promise<void> {
  if (to !== undefined) {
    if (word === undefined) command.error('error: --to needs an app as the subject');
    await explainAccess(word, destinationOf(to, command), json === undefined ? {} : { json }, command);
    return;
  }
  const answers = await withConnection('nim', connectionOptionsOf(command), async (nim) => {
    const subjects = word === undefined ? await everyNetworkInstance(nim) : [subjectNamed(word)];
    return Promise.all(
      subjects.map((subject) => ask(nim, (client, callOptions) => call(client, 'explain', { subject }, callOptions))),
    );
  });
  if (json === true) {
    const values = await Promise.all(
      answers.map((answer) => messageToJson('org.lfedge.eve.nim.v1.ExplainResponse', ExplainResponse, answer)),
    );
    printJson(word === undefined ? values : values[0]);
  } else {
    const applied = await appliedStatuses(word, command);
    const nowMs = systemClock.wallMs();
    const flows = applied.flatMap(({ displayName, drainingPorts }) => drainLines(displayName, drainingPorts, nowMs));
    const texts =
      answers.length === 0
        ? ['No network instances']
        : answers.map((answer) => {
            const id = answer.status?.networkInstanceId;
            return explanationText(answer, applied.find((each) => each.networkInstanceId === id)?.obstacles ?? []);
          });
    print([...texts, ...(flows.length === 0 ? [] : [flows.join('\n')])].join('\n\n'));
  }
}
