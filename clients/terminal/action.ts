import { CommanderError } from 'commander';

/**
 * Makes a commander action of a function that is loaded when the command is used: `--help`, and a service, need none of
 * what the other commands need. What it throws is told in words, never as a stack.
 */
export function action<Parameters extends readonly unknown[]>(
  load: () => Promise<(...parameters: Parameters) => Promise<void>>,
): (...parameters: Parameters) => Promise<void> {
  return async (...parameters) => {
    try {
      const work = await load();
      await work(...parameters);
    } catch (error) {
      // commander's own: it has told already, and knows the exit code.
      if (error instanceof CommanderError) throw error;
      await reportProblem(error);
    }
  };
}

/** Tells what went wrong, and sets the exit code. */
export async function reportProblem(error: unknown): Promise<void> {
  const { describeProblem } = await import('./problem.js');
  const { lines, exitCode } = describeProblem(error);
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = exitCode;
}
