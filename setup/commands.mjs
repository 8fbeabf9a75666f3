// Runs a command and tells the reader what is going on. All of it on stderr: stdout belongs to the command that was
// asked for.
import { spawnSync } from 'node:child_process';
import { dirname, delimiter } from 'node:path';
import { pathWithSystemDirectories } from './machine.mjs';
import { root } from './tree.mjs';

/** Something that the reader can act upon: shown without a stack. */
export class SetupError extends Error {}

/** One line to the reader. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Environment for commands: system tools on PATH, and the Node that runs this one first. */
export function environment(additions = {}) {
  return {
    ...process.env,
    PATH: [dirname(process.execPath), pathWithSystemDirectories()].join(delimiter),
    ...additions,
  };
}

/** Runs a command quietly; its output is shown, and an error thrown, only if it fails. */
export function runQuietly(file, args, { purpose, env = environment(), cwd = root }) {
  const result = spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error === undefined && result.status === 0) return result.stdout;
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
  const why = result.error?.message ?? (result.signal === null ? `exit code ${result.status}` : result.signal);
  throw new SetupError(`${purpose} failed (${[file, ...args].join(' ')}: ${why})${output === '' ? '' : `\n${output}`}`);
}

/** Runs a command in view of the reader; its exit code. */
export function runInView(file, args, additions = {}) {
  const result = spawnSync(file, args, { cwd: root, env: environment(additions), stdio: 'inherit' });
  if (result.error !== undefined) say(result.error.message);
  return result.status ?? 1;
}

/** Runs a main function; a SetupError is shown as a line, anything else with its stack. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? process.exitCode ?? 0;
  } catch (error) {
    say(error instanceof SetupError ? error.message : String(error?.stack ?? error));
    process.exitCode = 1;
  }
}
