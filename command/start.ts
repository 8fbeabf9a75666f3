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
  await runProgram(createProgram(...further), process.argv);
}
