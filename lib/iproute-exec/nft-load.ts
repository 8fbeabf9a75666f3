import { CommandError } from './command-error.js';
import { errorsOf } from './nft-errors.js';
import { run } from './run.js';

export interface LoadOptions {
  readonly namespace?: string;
  /** Default 30,000: the ruleset of 500 network instances with 100 port maps each takes some 1,300. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Has nft execute a script as one transaction: all of it, or nothing. A process of its own, some 20 ms.
 * @throws CommandError with nft's messages by line of the script; also where nft was ended in the middle or did not
 * answer in time, and then whether the transaction was done is not known: read the ruleset.
 */
export async function loadRuleset(script: string, options: LoadOptions = {}): Promise<void> {
  const { exitCode, stderr } = await run('nft', ['-f', '-'], {
    timeoutMs: DEFAULT_TIMEOUT_MS,
    ...options,
    input: script,
    allowFailure: true,
  });
  if (exitCode === 0) return;
  const errors = errorsOf(stderr.split('\n'), script);
  throw new CommandError({ command: 'nft -f -', exitCode, stderr: errors.length === 0 ? stderr : errors.join('\n') });
}
