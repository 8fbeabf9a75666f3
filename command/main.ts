import { createProgram } from './program.js';
import { runProgram } from './run.js';

// `eve-uplink ... | head`: the reader has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

await runProgram(createProgram(), process.argv);
