import type { Command } from 'commander';

import { action } from '../../terminal/action.js';

/** `init` */
export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description('write a commented configuration to begin with, from the uplinks that this machine has')
    .argument('[file]', 'where to; it must not be there yet. Left out: standard output')
    .action(action(async () => (await import('./init.js')).init));
}
