/*
 * The operator's subcommands: config, policy, status, watch, explain, what-if, check-port, test-ports, events,
 * report, doctor and init.
 * A folder a command; each `commands.ts` declares options only and loads the rest when the command is used.
 */
import type { Command } from 'commander';
import { addConfigCommands } from './config/commands.js';
import { addDoctorCommand } from './doctor/commands.js';
import { addEventsCommand } from './events/commands.js';
import { addExplainCommand } from './explain/commands.js';
import { addInitCommand } from './init/commands.js';
import { addPolicyCommands } from './policy/commands.js';
import { addPortCommands } from './ports/commands.js';
import { addReportCommand } from './report/commands.js';
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
  addReportCommand(program);
  addDoctorCommand(program);
  addInitCommand(program);
}
