/*
 * The operator's subcommands: config, policy, status, watch, explain, what-if, check-port, test-ports and events.
 * A folder a command; each `commands.ts` declares options only and loads the rest when the command is used.
 */
import type { Command } from 'commander';
import { addConfigCommands } from './config/commands.js';
import { addEventsCommand } from './events/commands.js';
import { addExplainCommand } from './explain/commands.js';
import { addPolicyCommands } from './policy/commands.js';
import { addPortCommands } from './ports/commands.js';
import { addStatusCommands } from './status/commands.js';
import { addWhatIfCommand } from './what-if/commands.js';

/** Adds the operator's subcommands. */
export function addOperatorCommands(program: Command): void {
  addConfigCommands(program);
  addPolicyCommands(program);
  addStatusCommands(program);
  addExplainCommand(program);
  addWhatIfCommand(program);
  addPortCommands(program);
  addEventsCommand(program);
}
