import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

export interface ProcessOptions {
  /** For messages, e.g. `udhcpc eth0`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Network namespace; undefined: that of this process. */
  readonly namespace?: string;
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Standard error goes here, appended; standard output too unless it is piped. */
  readonly logFile: string;
  /** Talk to it over its standard input and output. */
  readonly piped?: boolean;
}

export type ExitStatus =
  { readonly kind: 'exited'; readonly code: number } | { readonly kind: 'killed'; readonly signal: string };

/**
 * A long-running program of the lab, in a session of its own, so that a Ctrl-C on the terminal reaches only the lab.
 */
export class LabProcess {
  readonly name: string;
  readonly pid: number;
  /** Settles when the process has ended. */
  readonly exited: Promise<ExitStatus>;
  readonly #child: ChildProcess;
  #running = true;

  private constructor(name: string, child: ChildProcess, pid: number) {
    this.name = name;
    this.pid = pid;
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#running = false;
        resolve(code === null ? { kind: 'killed', signal: signal ?? 'unknown' } : { kind: 'exited', code });
      });
    });
  }

  /** Starts it. Throws where the program cannot be executed. */
  static async start(options: ProcessOptions): Promise<LabProcess> {
    const [file, args] =
      options.namespace === undefined
        ? [options.file, options.args]
        : ['ip', ['netns', 'exec', options.namespace, options.file, ...options.args]];
    const log = openSync(options.logFile, 'a');
    try {
      const child = spawn(file, args, {
        // `ip netns exec` becomes the program, so the process id is the program's.
        stdio: [options.piped === true ? 'pipe' : 'ignore', options.piped === true ? 'pipe' : log, log],
        env: { ...process.env, ...options.environment },
        detached: true,
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      if (child.pid === undefined) throw new Error(`${options.name}: no process id`);
      return new LabProcess(options.name, child, child.pid);
    } finally {
      closeSync(log);
    }
  }

  get running(): boolean {
    return this.#running;
  }

  /** Its standard input. Throws unless it was started piped. */
  get input(): Writable {
    if (this.#child.stdin === null) throw new Error(`${this.name}: standard input is not piped`);
    return this.#child.stdin;
  }

  /** Its standard output. Throws unless it was started piped. */
  get output(): Readable {
    if (this.#child.stdout === null) throw new Error(`${this.name}: standard output is not piped`);
    return this.#child.stdout;
  }

  /** Sends a signal; nothing happens where it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.#running) process.kill(this.pid, signal);
  }

  /** Ends it: SIGTERM, and SIGKILL where it has not ended after the grace time. */
  async stop(graceMs = 2_000): Promise<ExitStatus> {
    this.signal('SIGTERM');
    const impatience = setTimeout(() => {
      this.signal('SIGKILL');
    }, graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(impatience);
    }
  }
}
