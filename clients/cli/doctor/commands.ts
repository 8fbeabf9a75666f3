import type { Command } from 'commander';

import { action } from '../../terminal/action.js';

/** `doctor` */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'look at this machine: kernel, tools, firewalls, who configures the ports; exit code 1 if anything is bad',
    )
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./doctor.js')).doctor));
}
