import { CommandError } from './command-error.js';
import { run, type RunOptions } from './run.js';
import { printable } from './words.js';

/** What `nft -j` prints: see libnftables-json(5). */
export interface NftJson {
  readonly nftables: readonly unknown[];
}

export type NftFamily = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev';

export interface NftListOptions {
  readonly namespace?: string;
  readonly timeoutMs?: number;
}

/**
 * One table as JSON; undefined where it does not exist. A new process each time, at 6 to 70 ms: for verification, not for hot paths.
 * @throws CommandError where nft fails for another reason.
 */
export async function listTableJson(
  family: NftFamily,
  table: string,
  options: NftListOptions = {},
): Promise<NftJson | undefined> {
  const stdout = await list(['-j'], family, table, options);
  return stdout === undefined ? undefined : nftJsonOf(stdout, family, table);
}

/**
 * One table as text, for people: the text depends on nft's version. Empty where the table does not exist.
 * @throws CommandError where nft fails for another reason.
 */
export async function listTableText(family: NftFamily, table: string, options: NftListOptions = {}): Promise<string> {
  return (await list([], family, table, options)) ?? '';
}

/** @throws CommandError where the text is not what `nft -j` prints. */
export function nftJsonOf(text: string, family: NftFamily, table: string): NftJson {
  const reason = 'printed something other than its JSON';
  const command = `nft -j list table ${family} ${table}`;
  try {
    const value: unknown = JSON.parse(text);
    if (isNftJson(value)) return value;
  } catch (cause) {
    throw new CommandError({ command, exitCode: null, stderr: '', reason, cause });
  }
  throw new CommandError({ command, exitCode: null, stderr: '', reason });
}

/** @throws CommandError where it is no name for a table; nft would take more than names. */
export function checkTableName(table: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(table)) return;
  const reason = `${printable(table)} is no name of a table`;
  throw new CommandError({ command: 'nft list table', exitCode: null, stderr: '', reason });
}

async function list(
  nftOptions: readonly string[],
  family: NftFamily,
  table: string,
  options: NftListOptions,
): Promise<string | undefined> {
  checkTableName(table);
  const args = [...nftOptions, 'list', 'table', family, table];
  const runOptions: RunOptions = { ...options, allowFailure: true, maxOutputBytes: 256 * 1024 * 1024 };
  const { stdout, stderr, exitCode } = await run('nft', args, runOptions);
  if (exitCode === 0) return stdout;
  if (saysNoSuchTable(stderr)) return undefined;
  throw new CommandError({ command: ['nft', ...args].join(' '), exitCode, stderr });
}

export function saysNoSuchTable(stderr: string): boolean {
  return stderr.includes('Error: No such file or directory');
}

function isNftJson(value: unknown): value is NftJson {
  return typeof value === 'object' && value !== null && 'nftables' in value && Array.isArray(value.nftables);
}
