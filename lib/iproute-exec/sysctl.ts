import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from './command-error.js';
import { run } from './run.js';
import { printable } from './printable.js';

export interface SysctlOptions {
  readonly namespace?: string;
}

/**
 * Sets a kernel parameter, such as ['net', 'ipv4', 'conf', 'eth0.1', 'forwarding']; the parts may contain dots.
 * @throws CommandError where there is no such parameter, it refuses the value, or a part is no name.
 */
export async function writeSysctl(path: readonly string[], value: string, options: SysctlOptions = {}): Promise<void> {
  const key = keyOf(path);
  if (!/^[\x20-\x7e]+$/.test(value)) throw failure(key, `${printable(value)} is no value`);
  if (options.namespace !== undefined) {
    // sysctl splits at slashes where the first separator is one, so dots in names stay.
    await run('sysctl', ['-q', '-w', `${key}=${value}`], { namespace: options.namespace });
    return;
  }
  try {
    await writeFile(join('/proc/sys', key), value, { flag: 'r+' });
  } catch (cause) {
    throw failure(key, String(cause), cause);
  }
}

/** The value of a kernel parameter, without the newline. @throws as writeSysctl does. */
export async function readSysctl(path: readonly string[], options: SysctlOptions = {}): Promise<string> {
  const key = keyOf(path);
  if (options.namespace !== undefined) {
    const { stdout } = await run('sysctl', ['-n', key], { namespace: options.namespace });
    return stdout.trimEnd();
  }
  try {
    return (await readFile(join('/proc/sys', key), 'utf8')).trimEnd();
  } catch (cause) {
    throw failure(key, String(cause), cause);
  }
}

function keyOf(path: readonly string[]): string {
  const key = path.join('/');
  if (path.length < 2) throw failure(key, 'a parameter has at least two parts');
  const wrong = path.find((part) => !isPart(part));
  if (wrong !== undefined) throw failure(key, `${printable(wrong)} is no part of a parameter's path`);
  return key;
}

/** What the kernel allows in names of interfaces, less what sysctl(8) would read as its own syntax. */
function isPart(part: string): boolean {
  return (
    part !== '.' &&
    part !== '..' &&
    !part.startsWith('-') &&
    /^[\x21-\x7e]{1,64}$/.test(part) &&
    !/[/=*?[\]]/.test(part)
  );
}

function failure(key: string, reason: string, cause?: unknown): CommandError {
  return new CommandError({ command: `sysctl ${key}`, exitCode: null, stderr: '', reason, cause });
}
