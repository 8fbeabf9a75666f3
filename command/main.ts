/*
 * The command eve-uplink: puts services, clients and lab together as subcommands (program.ts), and loads a room only
 * when its subcommand is used. Exit codes stand in clients/terminal. Nobody imports this room.
 */
import { createProgram } from './program.js';
import { runProgram } from './run.js';

// `eve-uplink ... | head`: the reader has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

await runProgram(createProgram(), process.argv);
