import { readText } from './read-text.js';

/** A process, told apart from a later one that has the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTime: string;
  readonly argv: readonly string[];
  readonly parentPid: number;
}

/**
 * The living process of that number; undefined where there is none, or where it has ended and only waits for its
 * parent. Synchronous: the files are the kernel's memory, some 10 us each; a turn through the thread pool takes ten
 * times as long.
 * @throws Error where no file can be opened now
 */
export function identify(pid: number): ProcessIdentity | undefined {
  const argv = readText(`/proc/${pid}/cmdline`)?.split('\0').slice(0, -1) ?? [];
  const life = lifeOf(pid);
  return argv.length === 0 || life === undefined ? undefined : { pid, argv, ...life };
}

/**
 * Whether the process still holds anything. An ending one loses its arguments first, and its sockets a moment later.
 * @throws Error where no file can be opened now
 */
export function isAlive(process: ProcessIdentity): boolean {
  return lifeOf(process.pid)?.startTime === process.startTime;
}

function lifeOf(pid: number): Pick<ProcessIdentity, 'startTime' | 'parentPid'> | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may contain blanks and parentheses of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid] = fields;
  const startTime = fields[19];
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
  return { startTime, parentPid: Number(parentPid) };
}

/** Polls until the process is gone; false where it is still there after the time. */
export async function isGoneWithin(process: ProcessIdentity, timeoutMs: number, pollMs = 5): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (isAlive(process)) {
    if (performance.now() >= deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return true;
}
