import type { Command } from 'commander';

import { action } from '../../terminal/action.js';
import { operationArgument } from '../policy/commands.js';

/** `check-port` and `test-ports`. */
export function addPortCommands(program: Command): void {
  program
    .command('check-port')
    .description('whether policy permits an operation a port: exit code 0 if so, 3 if not')
    .addArgument(operationArgument())
    .argument('<port>', 'logical label or interface')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./check-port.js')).checkPort));
  program
    .command('test-ports')
    .description('test ports now, in full: exit code 0 if all work, 1 if one does not')
    .argument('[port...]', 'logical labels or interfaces; without any, all ports')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./test-ports.js')).testPorts));
}
