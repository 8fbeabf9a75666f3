import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Argv } from './argv.js';
import { childEnvironment } from './environment.js';
import { LineSplitter } from './line-splitter.js';

/** How a kept-open child came to its end. */
export interface ChildEnd {
  readonly exitCode: number | null;
  /** For messages: 'exit code 1', 'ended by SIGKILL', 'cannot be started (...)', 'a line of output longer than ...'. */
  readonly reason: string;
}

export interface KeptChildOptions {
  readonly argv: Argv;
  /** Length of the longest line that is taken; a child that writes a longer one is killed. */
  readonly maxLineLength: number;
  readonly onStdoutLine: (line: string) => void;
  readonly onStderrLine: (line: string) => void;
  /** Called once, after the last line. */
  readonly onEnd: (end: ChildEnd) => void;
  /** Given to the child as its descriptor 3. */
  readonly descriptor?: number;
}

/** How long a child may take to leave after its stdin has ended, before it is killed. */
const leaveMs = 1_000;

/**
 * A child process that is kept open and spoken to by lines. It does not keep this process alive: whoever waits for an answer holds a
 * timer. When this process dies the child sees the end of its stdin.
 */
export class KeptChild {
  private readonly child: ChildProcess | undefined;
  private readonly ended: Promise<void>;
  private killedBecause: string | undefined;
  private over = false;

  constructor(private readonly options: KeptChildOptions) {
    const { promise, resolve } = withResolver();
    this.ended = promise;
    const finish = (end: ChildEnd): void => {
      if (this.over) return;
      this.over = true;
      resolve();
      options.onEnd(end);
    };
    try {
      this.child = this.start(finish);
    } catch (cause) {
      // Not before the caller has seen its constructor return.
      setImmediate(finish, { exitCode: null, reason: `cannot be started (${String(cause)})` });
    }
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get alive(): boolean {
    return !this.over;
  }

  write(text: string): void {
    this.child?.stdin?.write(text);
  }

  kill(because: string): void {
    this.killedBecause ??= because;
    this.child?.kill('SIGKILL');
  }

  /** Ends its stdin, on which ip and nft leave by themselves once they have done what was written; resolves when the child is gone. */
  async close(): Promise<void> {
    if (this.over) return;
    this.child?.stdin?.end();
    const limit = setTimeout(() => {
      this.kill(`still there ${leaveMs} ms after the end of its input`);
    }, leaveMs);
    await this.ended;
    clearTimeout(limit);
  }

  /** Ends it at once; resolves when it is gone. For children that do not read their stdin. */
  async terminate(): Promise<void> {
    if (this.over) return;
    this.child?.kill('SIGTERM');
    await this.close();
  }

  private start(finish: (end: ChildEnd) => void): ChildProcess {
    const { argv, descriptor } = this.options;
    const child = spawn(argv.file, argv.args, {
      stdio: ['pipe', 'pipe', 'pipe', ...(descriptor === undefined ? [] : [descriptor])],
      env: childEnvironment(),
      cwd: '/',
    });
    const stdout = this.splitter(this.options.onStdoutLine);
    const stderr = this.splitter(this.options.onStderrLine);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout.push(text);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr.push(text);
    });
    // EPIPE of a child that has died: its end is reported below.
    child.stdin?.on('error', () => undefined);
    child.on('error', (cause) => {
      if (child.pid === undefined) finish({ exitCode: null, reason: `cannot be started (${cause.message})` });
    });
    child.on('close', (exitCode, signal) => {
      const rest = stderr.rest();
      if (rest !== '') this.options.onStderrLine(rest);
      const reason = signal === null ? `exit code ${exitCode ?? 'unknown'}` : `ended by ${signal}`;
      finish({ exitCode, reason: this.killedBecause ?? reason });
    });
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
    return child;
  }

  private splitter(onLine: (line: string) => void): LineSplitter {
    const { maxLineLength } = this.options;
    return new LineSplitter(maxLineLength, onLine, () => {
      this.kill(`a line of output longer than ${maxLineLength} characters`);
    });
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
