import { CommandError } from './command-error.js';
import { run, type RunOptions } from './run.js';
import { printable } from './printable.js';

export interface NftListOptions {
  readonly namespace?: string;
  readonly timeoutMs?: number;
}

/** Of 500 network instances with 100 port maps each; beyond it nft is ended. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/**
 * One table as text, for people: the text depends on nft's version. Empty where the table does not exist.
 * @throws CommandError where nft fails for another reason.
 */
export async function listTableText(family: string, table: string, options: NftListOptions = {}): Promise<string> {
  for (const word of [family, table]) checkWord(word);
  const args = ['list', 'table', family, table];
  const runOptions: RunOptions = { ...options, allowFailure: true, maxOutputBytes: MAX_OUTPUT_BYTES };
  const { stdout, stderr, exitCode } = await run('nft', args, runOptions);
  if (exitCode === 0) return stdout;
  if (stderr.includes('Error: No such file or directory')) return '';
  throw new CommandError({ command: ['nft', ...args].join(' '), exitCode, stderr });
}

/**
 * Chains and rules of every table as JSON (libnftables-json(5)), without the elements of sets.
 * @throws CommandError
 */
export async function listRulesetJson(options: NftListOptions = {}): Promise<string> {
  const args = ['--json', '--terse', 'list', 'ruleset'];
  const { stdout } = await run('nft', args, { ...options, maxOutputBytes: MAX_OUTPUT_BYTES });
  return stdout;
}

/** nft would take more than names. */
function checkWord(word: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(word)) return;
  const reason = `${printable(word)} is no name of a table`;
  throw new CommandError({ command: 'nft list table', exitCode: null, stderr: '', reason });
}
