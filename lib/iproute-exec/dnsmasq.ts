import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandError } from './command-error.js';
import { identify, isGoneWithin, type ProcessIdentity } from './process-identity.js';
import { readText } from './read-text.js';
import { run } from './run.js';
import { printable } from './printable.js';

export interface DnsmasqOptions {
  readonly confFile: string;
  readonly pidFile: string;
  readonly namespace?: string;
  /** It answers no names and takes no port for that, whatever its configuration says; leases go on. */
  readonly withoutNames?: boolean;
  /** It asks again by itself where no answer has come for so long, if it can (from 2.88 on); absent: it does not. */
  readonly askAgainMs?: number;
}

/** A dnsmasq that runs. */
export interface RunningDnsmasq {
  readonly pid: number;
  readonly confFile: string;
  readonly withoutNames: boolean;
}

const WITHOUT_NAMES = '--port=0';

/** How long dnsmasq may take to end on SIGTERM (it takes some 5 ms), and after that on SIGKILL. */
const END_MS = 2_000;
const KILL_MS = 1_000;

/**
 * Starts dnsmasq as a daemon that outlives this process; answers once it has read its configuration and holds its
 * sockets.
 * @throws CommandError with dnsmasq's message where the configuration is wrong or an address is in use.
 */
export async function startDnsmasq(options: DnsmasqOptions): Promise<void> {
  const { confFile, pidFile, namespace, withoutNames = false, askAgainMs } = options;
  checkPath(confFile);
  checkPath(pidFile);
  const asksAgain = askAgainMs !== undefined && (await canAskAgain());
  await run(
    'dnsmasq',
    [
      ...[`--conf-file=${confFile}`, `--pid-file=${pidFile}`],
      ...(withoutNames ? [WITHOUT_NAMES] : []),
      ...(asksAgain ? [`--fast-dns-retry=${askAgainMs}`] : []),
    ],
    namespace === undefined ? {} : { namespace },
  );
}

/** Known once it has been asked; one that cannot be asked now is asked again. */
let knowsToAskAgain: boolean | undefined;

async function canAskAgain(): Promise<boolean> {
  if (knowsToAskAgain !== undefined) return knowsToAskAgain;
  const { stdout, exitCode } = await run('dnsmasq', ['--version'], { allowFailure: true });
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
  if (exitCode !== 0 || major === undefined || minor === undefined) return false;
  return (knowsToAskAgain = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 88));
}

/**
 * The dnsmasq that wrote this pid file; undefined where none runs. A number in a file proves nothing, so the process's
 * own arguments must name this very pid file.
 * @throws Error where no file can be opened now, and so nobody can tell
 */
export function runningDnsmasq(pidFile: string): RunningDnsmasq | undefined {
  const found = find(pidFile);
  if (found === undefined) return undefined;
  const { process, confFile } = found;
  return { pid: process.pid, confFile, withoutNames: process.argv.includes(WITHOUT_NAMES) };
}

/**
 * Lets it re-read hosts, leases and servers files (SIGHUP); its configuration file and `server=` lines it does not
 * re-read.
 * @returns false where none runs.
 */
export function reloadDnsmasq(pidFile: string): boolean {
  const found = find(pidFile);
  return found !== undefined && signal(found.process, 'SIGHUP');
}

/**
 * Ends it and waits until it is gone, by SIGKILL if need be; removes the pid file. Does nothing where none runs.
 * @throws CommandError where it does not end at all.
 */
export async function stopDnsmasq(pidFile: string): Promise<void> {
  const found = find(pidFile);
  if (found !== undefined) {
    signal(found.process, 'SIGTERM');
    if (!(await isGoneWithin(found.process, END_MS))) {
      signal(found.process, 'SIGKILL');
      if (!(await isGoneWithin(found.process, KILL_MS))) {
        throw failure(found.process.argv.join(' '), `process ${found.process.pid} does not end`);
      }
    }
  }
  await rm(pidFile, { force: true });
}

interface Found {
  readonly process: ProcessIdentity;
  readonly confFile: string;
}

function find(pidFile: string): Found | undefined {
  checkPath(pidFile);
  const pid = /^\s*([1-9]\d{0,9})\s*$/.exec(readText(pidFile) ?? '')?.[1];
  const process = pid === undefined ? undefined : identify(Number(pid));
  if (process === undefined || basename(process.argv[0] ?? '') !== 'dnsmasq') return undefined;
  const confFile = valueOf(process, '--conf-file=');
  return confFile === undefined || valueOf(process, '--pid-file=') !== pidFile ? undefined : { process, confFile };
}

function valueOf(process: ProcessIdentity, option: string): string | undefined {
  return process.argv.find((argument) => argument.startsWith(option))?.slice(option.length);
}

function signal(target: ProcessIdentity, name: NodeJS.Signals): boolean {
  try {
    return process.kill(target.pid, name);
  } catch {
    return false;
  }
}

function checkPath(path: string): void {
  // Its arguments are told by exact comparison, and dnsmasq runs in another working directory.
  if (path.startsWith('/') && !path.includes('\0')) return;
  throw failure('dnsmasq', `${printable(path)} is no absolute path`);
}

function failure(command: string, reason: string): CommandError {
  return new CommandError({ command, exitCode: null, stderr: '', reason });
}
