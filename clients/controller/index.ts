import type { Command } from 'commander';
import { addConfigCommands } from './config/commands.js';
import { addEventsCommand } from './events/commands.js';
import { addExplainCommand } from './explain/commands.js';
import { addStatusCommands } from './status/commands.js';

export { addConnectionOptions } from './connection/options.js';
export { exitCodes, exitCodesHelp } from './connection/exit-codes.js';
export { defaultRunDir } from './connection/addresses.js';
export { action, reportProblem } from './action.js';

/** Adds the operator's subcommands: config, status, watch, explain and events. */
export function addControllerCommands(program: Command): void {
  addConfigCommands(program);
  addStatusCommands(program);
  addExplainCommand(program);
  addEventsCommand(program);
}
