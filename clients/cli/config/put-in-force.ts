import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { PushConfigRequest, PushConfigResponse } from '../../../gen/zedagent/v1/device_config.js';
import { durationInMs } from '../../../lib/configuration/index.js';
import { warningLines } from '../../render/configuration-lines.js';
import { printable } from '../../render/table.js';
import { durationText } from '../../render/time.js';
import type { ConnectionOptions } from '../../terminal/addresses.js';
import { print, printJson } from '../../terminal/output.js';
import { CommandProblem } from '../../terminal/problem.js';
import { canAsk, saysYes } from '../../terminal/question.js';
import { foresee, foreseenLines } from '../foresight.js';

export interface PutOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  /** Milliseconds. */
  readonly confirmWithin?: number;
  readonly json?: boolean;
}

/** What one call of the two is: looking, or doing. */
export type Step = Pick<PushConfigRequest, 'dryRun' | 'expectedVersion' | 'assumeYes'>;

/**
 * Tells what goes, comes and moves, asks on a terminal, then puts it in force over exactly the version that was looked
 * at. `config` is for the preview; undefined: there is none.
 */
export async function putInForce(
  options: PutOptions,
  connection: ConnectionOptions,
  {
    config,
    expectedVersion,
  }: { readonly config: EdgeDevConfig | undefined; readonly expectedVersion: bigint | undefined },
  send: (step: Step) => Promise<PushConfigResponse>,
): Promise<void> {
  const dryRun = options.dryRun === true;
  const plan = await send({ dryRun: true, expectedVersion });
  if (options.json !== true) tell(dryRun ? doubtLines(plan) : await planLines(connection, config, plan));
  const done =
    dryRun || !plan.changed
      ? plan
      : await send({
          dryRun: false,
          // What was shown lies over the version before: over another one it may mean something else.
          expectedVersion: plan.version - 1n,
          assumeYes: await isMeant(plan, options),
        });
  if (options.json === true) printJson(forPrograms(done, dryRun));
  else for (const line of [pushText(done, dryRun), ...warningLines(done.warnings)]) print(line);
}

/** What a push did, in a line. */
export function pushText({ version, changed, confirmation }: PushConfigResponse, dryRun: boolean): string {
  if (!changed) return `Nothing to change: the configuration equals version ${version}, which is in force`;
  if (dryRun) return `Valid; pushing it would make it version ${version}`;
  if (confirmation === undefined) return `Version ${version} is in force`;
  const { returnToVersion, within } = confirmation;
  const time = durationText(durationInMs(within));
  return `Version ${version} is in force; version ${returnToVersion} returns in ${time} unless you run: eve-uplink config confirm`;
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
  config: EdgeDevConfig | undefined,
  plan: PushConfigResponse,
): Promise<readonly string[]> {
  const doubts = doubtLines(plan);
  if (plan.changes.length === 0) return doubts;
  const moves = config === undefined ? [] : foreseenLines(await foresee(connection, { config, policy: undefined }));
  return [...plan.changes.map((change) => `~ ${change}`), ...moves, ...doubts];
}

/** Whoever is at a terminal is asked before anything in force changes. */
async function isMeant({ changes, unlikely, version }: PushConfigResponse, options: PutOptions): Promise<boolean> {
  if (options.yes === true) return true;
  const mattersNot = changes.length === 0 && unlikely.length === 0;
  if (mattersNot || options.json === true || !canAsk()) return false;
  if (await saysYes(`Put it in force as version ${version}?`)) return true;
  throw new CommandProblem('Nothing was changed');
}

/** What there is to say only now and then is left out otherwise. */
function forPrograms(
  { version, changed, warnings, changes, unlikely, confirmation }: PushConfigResponse,
  dryRun: boolean,
): object {
  return {
    ...{ version: version.toString(), changed, dryRun },
    warnings: warnings.map(({ field, description }) => ({ field, description })),
    ...(changes.length === 0 ? {} : { changes }),
    ...(unlikely.length === 0 ? {} : { unlikely }),
    ...(confirmation === undefined ? {} : { returnsToVersion: confirmation.returnToVersion.toString() }),
  };
}
