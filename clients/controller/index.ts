import type { Command } from 'commander';
import { addConfigCommands } from './config/commands.js';
import { addEventsCommand } from './events/commands.js';
import { addExplainCommand } from './explain/commands.js';
import { addPolicyCommands } from './policy/commands.js';
import { addPortCommands } from './ports/commands.js';
import { addStatusCommands } from './status/commands.js';
import { addWhatIfCommand } from './what-if/commands.js';

export { addConnectionOptions } from './connection/options.js';
export { exitCodes, exitCodesHelp } from './connection/exit-codes.js';
export { defaultRunDir } from './connection/addresses.js';
export { action, reportProblem } from './action.js';
export { operationNames } from './explain/operation-names.js';
export { print, printJson, untilInterrupted } from './output.js';

/** How the operator's commands ask services and tell of problems, for commands of other folders. Loads gRPC, and so on demand. */
export function loadConnection() {
  return import('./connection/index.js');
}

/** Adds the operator's subcommands: config, policy, status, watch, explain, what-if, check-port, test-ports and events. */
export function addControllerCommands(program: Command): void {
  addConfigCommands(program);
  addPolicyCommands(program);
  addStatusCommands(program);
  addExplainCommand(program);
  addWhatIfCommand(program);
  addPortCommands(program);
  addEventsCommand(program);
}
