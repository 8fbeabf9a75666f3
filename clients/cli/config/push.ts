import type { Command } from 'commander';
import type { PushConfigRequest, PushConfigResponse } from '../../../gen/zedagent/v1/device_config.js';
import { call } from '../../../lib/rpc/index.js';
import { ask, withConnection } from '../../connection/clients.js';
import type { ConnectionOptions } from '../../terminal/addresses.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { CommandProblem } from '../../terminal/problem.js';
import { canAsk, saysYes } from '../../terminal/question.js';
import { warningLines } from '../../render/configuration-lines.js';
import { printable } from '../../render/table.js';
import { foresee, foreseenLines } from '../foresight.js';
import { pointingAt, readConfigFile, type ConfigFile } from './file.js';

/** What a push did, in a line. */
export function pushText({ version, changed }: PushConfigResponse, dryRun: boolean): string {
  if (!changed) return `Nothing to change: the configuration equals version ${version}, which is in force`;
  return dryRun ? `Valid; pushing it would make it version ${version}` : `Version ${version} is in force`;
}

export interface PushOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly expectedVersion?: bigint;
  readonly author: string;
  readonly json?: boolean;
}

/** `config push`: tells what goes, comes and moves, asks on a terminal, then pushes over exactly that version. */
export async function push(file: string, options: PushOptions, command: Command): Promise<void> {
  const read = await readConfigFile(file);
  const connection = connectionOptionsOf(command);
  const { expectedVersion, author } = options;
  const dryRun = options.dryRun === true;
  const request = { config: read.config, author, expectedVersion };
  const plan = await send(connection, read, { ...request, dryRun: true });
  if (!dryRun && options.json !== true) tell(await planLines(connection, read, plan));
  else if (options.json !== true) tell(doubtLines(plan));
  const done =
    dryRun || !plan.changed
      ? plan
      : await send(connection, read, {
          ...{ ...request, dryRun: false },
          // What was shown lies over the version before: over another one it may mean something else.
          expectedVersion: plan.version - 1n,
          assumeYes: await isMeant(plan, options),
        });
  if (options.json === true) printJson(forPrograms(done, dryRun));
  else for (const line of [pushText(done, dryRun), ...warningLines(done.warnings)]) print(line);
}

function send(
  connection: ConnectionOptions,
  read: ConfigFile,
  request: PushConfigRequest,
): Promise<PushConfigResponse> {
  return withConnection('zedagent', connection, (zedagent) =>
    ask(zedagent, (client, callOptions) => call(client, 'pushConfig', request, callOptions)),
  ).catch((problem: unknown) => {
    throw pointingAt(read, problem);
  });
}

/** Beside the result, which alone goes to standard output. */
function tell(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${printable(line)}\n`);
}

function doubtLines({ unlikely }: PushConfigResponse): readonly string[] {
  return unlikely.map((doubt) => `! ${doubt}`);
}

/** Nothing where there is nothing that could go or move. */
async function planLines(
  connection: ConnectionOptions,
  { config }: ConfigFile,
  plan: PushConfigResponse,
): Promise<readonly string[]> {
  const doubts = doubtLines(plan);
  if (plan.changes.length === 0) return doubts;
  return [
    ...plan.changes.map((change) => `~ ${change}`),
    ...foreseenLines(await foresee(connection, { config, policy: undefined })),
    ...doubts,
  ];
}

/** Whoever is at a terminal is asked before anything in force changes. */
async function isMeant({ changes, unlikely, version }: PushConfigResponse, options: PushOptions): Promise<boolean> {
  if (options.yes === true) return true;
  const mattersNot = changes.length === 0 && unlikely.length === 0;
  if (mattersNot || options.json === true || !canAsk()) return false;
  if (await saysYes(`Put it in force as version ${version}?`)) return true;
  throw new CommandProblem('Nothing was changed');
}

/** What there is to say only now and then is left out otherwise. */
function forPrograms({ version, changed, warnings, changes, unlikely }: PushConfigResponse, dryRun: boolean): object {
  return {
    ...{ version: version.toString(), changed, dryRun },
    warnings: warnings.map(({ field, description }) => ({ field, description })),
    ...(changes.length === 0 ? {} : { changes }),
    ...(unlikely.length === 0 ? {} : { unlikely }),
  };
}
