import { status } from '@grpc/grpc-js';
import type { Command } from 'commander';
import { ExplainResponse, type ExplainRequest } from '../../../gen/nim/v1/network_interface_manager.js';
import { systemClock } from '../../../lib/clock/index.js';
import type { NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { CallProblem } from '../../terminal/problem.js';
import { drainLines } from '../../render/drain-lines.js';
import { explanationText } from '../../render/explanation-text.js';
import { printable } from '../../render/table.js';
import { tunnelLines } from '../../render/tunnel-lines.js';
import { messageToJson } from '../../terminal/json.js';
import { explainAccess } from './explain-access.js';
import { destinationIn, type Destination } from './destination.js';
import { operationNames } from '../../terminal/operation-names.js';
import { whereaboutsOf, type Whereabouts } from './whereabouts.js';

type Subject = NonNullable<ExplainRequest['subject']>;

/** What a word asks about: an operation by its name, else a network instance by UUID or display name. */
export function subjectNamed(word: string): Subject {
  const operation = operationNames.get(word);
  return operation === undefined ? { $case: 'networkInstance', value: word } : { $case: 'operation', value: operation };
}

/** What is explained, and what the word means where it is no network instance and no operation. */
interface Explained {
  readonly subjects: readonly Subject[];
  readonly answers: readonly ExplainResponse[];
  readonly sentences: readonly string[];
}

async function everyNetworkInstance(command: Command): Promise<readonly Subject[]> {
  const { statuses } = await withConnection('nim', connectionOptionsOf(command), (nim) =>
    ask(nim, (client, callOptions) =>
      call(client, 'listNetworkInstanceTestStatus', { networkInstances: [] }, callOptions),
    ),
  );
  return statuses.map(({ networkInstanceId }) => networkInstanceSubject(networkInstanceId));
}

/** By the word; what NIM does not know may be behind one of the network instances. */
async function explainedBy(word: string, command: Command): Promise<Explained> {
  const subjects = [subjectNamed(word)];
  try {
    return { subjects, answers: await explained(subjects, command), sentences: [] };
  } catch (error) {
    const isUnknown = error instanceof CallProblem && error.cause.code === status.NOT_FOUND;
    const found = isUnknown ? await whereabouts(word, command) : undefined;
    if (found === undefined) throw error;
    const behind = found.networkInstanceIds.map(networkInstanceSubject);
    return { subjects: behind, answers: await explained(behind, command), sentences: found.sentences };
  }
}

async function everything(command: Command): Promise<Explained> {
  const subjects = await everyNetworkInstance(command);
  return { subjects, answers: await explained(subjects, command), sentences: [] };
}

function networkInstanceSubject(value: string): Subject {
  return { $case: 'networkInstance', value };
}

/** Undefined also where zedrouter, which knows apps, does not answer. */
async function whereabouts(word: string, command: Command): Promise<Whereabouts | undefined> {
  try {
    return await withConnection('zedrouter', connectionOptionsOf(command), async (zedrouter) => {
      const request = { networkInstances: [] };
      const { statuses } = await ask(zedrouter, (client, callOptions) =>
        call(client, 'listNetworkInstanceStatus', request, callOptions),
      );
      const found = whereaboutsOf(word, statuses, []);
      if (found !== undefined || !word.includes('/')) return found;
      const { portMaps } = await ask(zedrouter, (client, callOptions) =>
        call(client, 'listPortMaps', request, callOptions),
      );
      return whereaboutsOf(word, statuses, portMaps);
    });
  } catch {
    return undefined;
  }
}

function explained(subjects: readonly Subject[], command: Command): Promise<readonly ExplainResponse[]> {
  return withConnection('nim', connectionOptionsOf(command), (nim) =>
    Promise.all(
      subjects.map((subject) => ask(nim, (client, callOptions) => call(client, 'explain', { subject }, callOptions))),
    ),
  );
}

/**
 * What zedrouter has applied of those that are asked about: NIM knows neither flows on former ports nor what stands in
 * the way on the host. None where zedrouter does not answer, which `status` says.
 */
async function appliedStatuses(
  subjects: readonly Subject[],
  command: Command,
): Promise<readonly NetworkInstanceStatus[]> {
  const networkInstances = subjects.flatMap((each) => (each.$case === 'networkInstance' ? [each.value] : []));
  if (networkInstances.length === 0) return [];
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
  const { subjects, answers, sentences } = await (word === undefined
    ? everything(command)
    : explainedBy(word, command));
  if (json === true) {
    const values = await Promise.all(
      answers.map((answer) => messageToJson('org.lfedge.eve.nim.v1.ExplainResponse', ExplainResponse, answer)),
    );
    printJson(word === undefined || sentences.length > 0 ? values : values[0]);
  } else {
    const applied = await appliedStatuses(subjects, command);
    const nowMs = systemClock.wallMs();
    const flows = applied.flatMap(({ displayName, drainingPorts }) => drainLines(displayName, drainingPorts, nowMs));
    const texts =
      answers.length === 0
        ? ['No network instances']
        : answers.map((answer) => {
            const id = answer.status?.networkInstanceId;
            return explanationText(answer, applied.find((each) => each.networkInstanceId === id)?.obstacles ?? []);
          });
    const tunnels = applied.flatMap((each) =>
      tunnelLines(each, nowMs).map((line) => printable(`${each.displayName}: ${line}`)),
    );
    const parts = [sentences.join('\n'), ...texts, tunnels.join('\n'), flows.join('\n')];
    print(parts.filter((text) => text !== '').join('\n\n'));
  }
}
