import { jest } from '@jest/globals';
import type { Command } from 'commander';
import { labCommand } from '../lab-command.js';
import { createProgram } from '../program.js';
import { runProgram } from '../run.js';

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Read through a function: the compiler believes that nobody sets it meanwhile. */
function exitCodeNow(): number {
  return Number(process.exitCode ?? 0);
}

/** Runs a command line in this process. */
export function run(...args: readonly string[]): Promise<Outcome> {
  return runCaptured(createProgram(labCommand()), args);
}

/** Runs a command line of any program in this process. */
export async function runCaptured(program: Command, args: readonly string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const capture = (name: 'stdout' | 'stderr') =>
    jest.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    });
  const spies = [capture('stdout'), capture('stderr')];
  const exitCodeBefore = process.exitCode;
  process.exitCode = undefined;
  try {
    await runProgram(program, ['node', 'eve-uplink', ...args]);
    return { ...written, exitCode: exitCodeNow() };
  } finally {
    process.exitCode = exitCodeBefore;
    for (const spy of spies) spy.mockRestore();
  }
}

/** What the command that is running has printed. */
export function captured(): string {
  const { write } = process.stdout as unknown as { write: { mock?: { calls: readonly (readonly unknown[])[] } } };
  return (write.mock?.calls ?? []).map(([chunk]) => String(chunk)).join('');
}
