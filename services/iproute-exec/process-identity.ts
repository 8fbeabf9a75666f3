import { readFileSync } from 'node:fs';

/** A process, told apart from a later one that has the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTime: string;
  readonly argv: readonly string[];
  readonly parentPid: number;
}

/**
 * The living process of that number; undefined where there is none, or where it has ended and only waits for its parent. Synchronous: the
 * files are the kernel's memory, some 10 us each; a turn through the thread pool takes ten times as long.
 */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const cmdline = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const argv = cmdline.split('\0').slice(0, -1);
    // The name in parentheses may contain blanks and parentheses of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parentPid] = fields;
    const startTime = fields[19];
    if (argv.length === 0 || startTime === undefined || state === 'Z' || state === 'X') return undefined;
    return { pid, startTime, argv, parentPid: Number(parentPid) };
  } catch {
    return undefined;
  }
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTime === process.startTime;
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
