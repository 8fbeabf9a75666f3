import type { Command } from 'commander';
import { ApplyState, type NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { systemClock } from '../../../lib/clock/index.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { describeProblem } from '../../terminal/problem.js';
import { exitCodes } from '../../terminal/exit-codes.js';
import { print, printJson, terminalOptions } from '../../terminal/output.js';
import { topologyText } from '../../render/topology-text.js';
import { statusText } from '../../render/status-text.js';
import { portMapsToJson, readStatus, viewToJson } from '../../status-view/read.js';

/** `status` */
export async function status(
  { json, tests, topology }: { readonly json?: boolean; readonly tests?: boolean; readonly topology?: boolean },
  command: Command,
): Promise<void> {
  const { view, portMaps, problems } = await readStatus(connectionOptionsOf(command));
  if (json === true) printJson({ ...(await viewToJson(view)), portMaps: await portMapsToJson(portMaps) });
  else if (topology === true) print(topologyText(view, terminalOptions(process.stdout)));
  else print(statusText(view, systemClock.wallMs(), { ...terminalOptions(process.stdout), tests }));
  const [problem] = problems;
  if (problem !== undefined) process.exitCode = describeProblem(problem).exitCode;
  else if (view.applied.some(isUnwell)) process.exitCode = exitCodes.notWell;
}

/** What a monitoring system should ring for. */
function isUnwell({ state, errors, obstacles }: NetworkInstanceStatus): boolean {
  return state === ApplyState.APPLY_STATE_ERROR || errors.length > 0 || obstacles.length > 0;
}
