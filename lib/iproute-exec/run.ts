import { spawn, type ChildProcess } from 'node:child_process';
import { inNamespace, textOf, type Argv } from './argv.js';
import { CommandError } from './command-error.js';
import { childEnvironment } from './environment.js';

export interface RunOptions {
  /** SIGKILL after this. Default 10,000; the longest that a healthy command here takes is some 300. */
  readonly timeoutMs?: number;
  /** Of stdout and stderr together; the command is killed when it writes more. Default 16 MiB. */
  readonly maxOutputBytes?: number;
  /** Written to stdin, which is then closed. */
  readonly input?: string;
  readonly namespace?: string;
  /** In a session of its own: what it leaves behind does not end with our terminal. */
  readonly detached?: boolean;
  /** A non-zero exit code is a result, not an error. */
  readonly allowFailure?: boolean;
  /** Called with each piece of stdout instead of keeping it; it then does not count against maxOutputBytes. */
  readonly onStdout?: (bytes: Buffer) => void;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * How long output may still come after the exit: a daemon that the command left behind can hold the pipes open for
 * ever.
 */
const DRAIN_MS = 100;

/**
 * Runs one command to its end: argv only, no shell, a minimal environment. A new process costs milliseconds of the
 * event loop (more the more memory this process holds), so what happens often does without.
 * @throws CommandError on a non-zero exit code (unless allowFailure), a signal, the time limit, too much output, or a
 * missing program.
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const argv = inNamespace({ file, args }, options.namespace);
  const child = start(argv, options.detached === true);
  const outcome = await outcomeOf(child, options);
  const { stdout, stderr, exitCode } = outcome;
  if (outcome.reason === undefined && exitCode !== null && (exitCode === 0 || options.allowFailure === true)) {
    return { stdout, stderr, exitCode };
  }
  throw new CommandError({ command: textOf(argv), exitCode, stderr, reason: outcome.reason, cause: outcome.cause });
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly reason?: string;
  readonly cause?: unknown;
}

function start(argv: Argv, detached: boolean): ChildProcess {
  try {
    const stdio = ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe'];
    return spawn(argv.file, argv.args, { stdio, env: childEnvironment(), cwd: '/', detached });
  } catch (cause) {
    throw new CommandError({ command: textOf(argv), exitCode: null, stderr: '', reason: 'cannot be started', cause });
  }
}

function outcomeOf(child: ChildProcess, options: RunOptions): Promise<Outcome> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const maxOutputBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let outputBytes = 0;
  let killedBecause: string | undefined;

  return new Promise((resolve) => {
    const kill = (because: string): void => {
      killedBecause ??= because;
      child.kill('SIGKILL');
    };
    const limit = setTimeout(() => {
      kill(`no end within ${timeoutMs} ms`);
    }, timeoutMs);
    const settle = (exitCode: number | null, reason: string | undefined, cause?: unknown): void => {
      clearTimeout(limit);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
        exitCode,
        ...(reason === undefined ? {} : { reason }),
        cause,
      });
    };
    const keep = (pieces: Buffer[], bytes: Buffer): void => {
      outputBytes += bytes.length;
      if (outputBytes > maxOutputBytes) kill(`more than ${maxOutputBytes} bytes of output`);
      else pieces.push(bytes);
    };
    const onStdout = options.onStdout;
    child.stdout?.on('data', (bytes: Buffer) => {
      if (onStdout === undefined) keep(stdout, bytes);
      else onStdout(bytes);
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      keep(stderr, bytes);
    });
    child.on('error', (cause) => {
      if (child.pid === undefined) settle(null, `cannot be started (${cause.message})`, cause);
    });
    child.on('exit', (exitCode, signal) => {
      const reason = killedBecause ?? (signal === null ? undefined : `ended by ${signal}`);
      const drained = setTimeout(() => {
        settle(exitCode, reason);
      }, DRAIN_MS);
      child.once('close', () => {
        clearTimeout(drained);
        settle(exitCode, reason);
      });
    });
    // EPIPE where the command ends without reading its input: its exit code tells.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}
