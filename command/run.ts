import { CommanderError, type Command } from 'commander';
import { exitCodes, reportProblem } from '../clients/terminal/index.js';

function throughout(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const subcommand of command.commands) throughout(subcommand, change);
}

/**
 * Runs the command line. Sets the exit code and leaves the process to end by itself, so that nothing printed is lost.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  throughout(program, (command) => {
    command.exitOverride();
  });
  try {
    await program.parseAsync(argv);
  } catch (error) {
    // commander has already told; help and --version are no failures.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.good : exitCodes.usage;
    else await reportProblem(error);
  }
}
