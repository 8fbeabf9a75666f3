import type { Command } from 'commander';
import { action } from '../../terminal/action.js';

/** `status` and `watch`. */
export function addStatusCommands(program: Command): void {
  program
    .command('status')
    .description('whether all is well; network instances with the port in use, as applied; ports')
    .option('--tests', 'what each port is tested by, too')
    .option('--topology', 'as a tree instead: from the internet over each port to the network instances and their apps')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./status.js')).status));
  program
    .command('watch')
    .description(
      'the same, live: on a terminal a screen of its own (q quits, / filters, arrows scroll), else a line a change',
    )
    .option('--json', 'one JSON value a line, the whole status each time')
    .action(action(async () => (await import('./watch.js')).watch));
}
