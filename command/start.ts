import type { Command } from 'commander';

import { createProgram } from './program.js';
import { runProgram } from './run.js';

/** Runs the command of this process. `further`: subcommands that only the source tree has. */
export async function start(...further: readonly Command[]): Promise<void> {
  // `eve-uplink ... | head`: the reader has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  const program = createProgram(...further);
  switch (process.argv[2]) {
    // Asked by a shell at each Tab, or once for the script that does so: nobody else need load it.
    case 'complete':
      (await import('@bomb.sh/tab/commander')).default(program);
      break;
    case 'man':
      process.stdout.write((await import('./man-page.js')).manPage(program));
      return;
    default:
  }
  await runProgram(program, process.argv);
}
