import { BatchChild } from './batch-child.js';
import { CommandError } from './command-error.js';
import { SerialQueue } from './serial-queue.js';
import type { WarnLogger } from './warn-logger.js';
import { problemOfIpCommand } from './words.js';
import { WritePass, type IpResult, type PassOutcome } from './write-pass.js';

export interface IpWriterOptions {
  readonly namespace?: string;
  /** For objects that need it said, such as rules without a selector: `ip -4` or `ip -6`. Default: ip infers it from addresses. */
  readonly family?: 'inet' | 'inet6';
  readonly logger?: WarnLogger;
  /** For one run() from its first write to its last answer. Default 10,000: a thousand rule changes take some 20 to 70. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;

/** `ip -batch` frees nothing: after this many lines a fresh one takes over. */
const maxLines = 1_000;

/** When nobody has asked for anything for so long, a half-spent child is replaced, so that the next burst does not wait for that. */
const calmMs = 250;

/** Commands between two fences; a fence costs half as much as a rule change. */
const groupSize = 16;

/** For how many runs after a syntax error each command gets its own fence, so that a repeated culprit is told from its neighbours. */
const exactRunsAfterEnd = 100;

/**
 * Changes links, addresses, routes, rules and neighbours through a kept-open `ip -force -batch -`. Runs of concurrent callers are done
 * one after the other; within a run a command that fails does not stop the next.
 */
export class IpWriter {
  private readonly queue = new SerialQueue();
  private readonly timeoutMs: number;
  private child: BatchChild;
  private pass: WritePass | undefined;
  private leaving: Promise<unknown> = Promise.resolve();
  private stale = false;
  private exactRuns = 0;
  private calm: NodeJS.Timeout | undefined;
  private closed = false;

  /** @throws CommandError where the namespace is no such name. */
  constructor(private readonly options: IpWriterOptions = {}) {
    this.timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.child = this.spawn();
  }

  /**
   * Runs the commands (each the words after `ip`) in order; answers each, in the same order.
   * A command with a word that the batch syntax could misread is refused without being run.
   * @throws CommandError where ip itself cannot be run (not installed, no such namespace), or after close().
   */
  run(commands: readonly (readonly string[])[]): Promise<readonly IpResult[]> {
    if (this.closed) return Promise.reject(this.failure('this writer is closed'));
    return this.queue.add(() => this.execute(commands));
  }

  /** To be called when links were deleted, renamed or made anew by others: ip remembers the indexes of names. */
  forgetInterfaces(): void {
    this.stale = true;
    this.renewSoon();
  }

  /** Waits for the runs that were asked for, then ends the child and waits until it is gone. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.calm);
    await this.queue.idle();
    await Promise.all([this.child.close(), this.leaving]);
  }

  private async execute(commands: readonly (readonly string[])[]): Promise<readonly IpResult[]> {
    const results: (IpResult | undefined)[] = commands.map(refused);
    const accepted = [...results.keys()].filter((index) => results[index] === undefined);
    const deadlineMs = performance.now() + this.timeoutMs;
    for (let done = 0; done < accepted.length;) {
      const child = this.usableChild();
      const batch = accepted.slice(done, done + maxLines).map((index) => textOf(commands[index] ?? []));
      const outcome = await this.runPass(child, batch, deadlineMs);
      if (outcome.end !== undefined) {
        this.exactRuns = exactRunsAfterEnd;
        this.options.logger?.warn({ command: child.command, ...outcome.end }, 'kept-open ip ended');
      }
      const settled = this.resultsOf(outcome, child, batch, performance.now() >= deadlineMs);
      if (settled === undefined && done === 0) throw this.failure(outcome.end?.reason ?? '', outcome.end);
      const known =
        settled ?? batch.map((command) => ({ ok: false as const, command, error: 'ip cannot be run any more' }));
      for (const [offset, result] of known.entries()) results[accepted[done + offset] ?? -1] = result;
      done += known.length;
    }
    if (this.exactRuns > 0) this.exactRuns -= 1;
    this.renewWhenCalm();
    return results.filter((result) => result !== undefined);
  }

  private async runPass(child: BatchChild, batch: readonly string[], deadlineMs: number): Promise<PassOutcome> {
    const pass = new WritePass(child, batch, this.exactRuns > 0 ? 1 : groupSize);
    this.pass = pass;
    const limit = setTimeout(
      () => {
        child.kill(`no answer within ${this.timeoutMs} ms`);
      },
      Math.max(0, deadlineMs - performance.now()),
    );
    try {
      return await pass.run();
    } finally {
      clearTimeout(limit);
      this.pass = undefined;
    }
  }

  /** undefined where ip never began its work. After the deadline everything counts as settled: nothing more will be tried. */
  private resultsOf(
    outcome: PassOutcome,
    child: BatchChild,
    batch: readonly string[],
    tooLate: boolean,
  ): readonly IpResult[] | undefined {
    const end = outcome.end;
    if (end === undefined) return outcome.results;
    if (!child.started && !tooLate) return undefined;
    if (!tooLate) return outcome.results;
    const untried = batch.slice(outcome.results.length);
    return [...outcome.results, ...untried.map((command) => ({ ok: false as const, command, error: end.reason }))];
  }

  private usableChild(): BatchChild {
    if (!this.child.alive || this.stale || this.child.sentLines > maxLines) this.replaceChild();
    return this.child;
  }

  private renewWhenCalm(): void {
    clearTimeout(this.calm);
    if (this.closed || this.child.sentLines <= maxLines / 2) return;
    this.calm = setTimeout(() => {
      this.stale = true;
      this.renewSoon();
    }, calmMs).unref();
  }

  /** Replaces the child between two runs; a run that comes first finds it stale and does the same. */
  private renewSoon(): void {
    void this.queue.add(() => {
      if (this.stale && !this.closed) this.replaceChild();
      return Promise.resolve();
    });
  }

  private replaceChild(): void {
    this.stale = false;
    this.leaving = Promise.all([this.leaving, this.child.close()]);
    this.child = this.spawn();
  }

  private spawn(): BatchChild {
    const family = this.options.family;
    const child: BatchChild = new BatchChild({
      namespace: this.options.namespace,
      ipOptions: family === undefined ? [] : [family === 'inet' ? '-4' : '-6'],
      onFailure: (line, error) => this.pass?.onFailure(line, error),
      onOutput: () => undefined,
      onEnd: (end, stderr) => {
        if (child === this.child) this.pass?.onEnd(end, stderr);
      },
    });
    return child;
  }

  private failure(reason: string, end?: { readonly exitCode: number | null; readonly stderr: string }): CommandError {
    return new CommandError({
      command: this.child.command,
      exitCode: end?.exitCode ?? null,
      stderr: end?.stderr ?? '',
      reason,
    });
  }
}

function refused(command: readonly string[]): IpResult | undefined {
  const problem = problemOfIpCommand(command);
  return problem === undefined ? undefined : { ok: false, command: textOf(command), error: problem };
}

function textOf(command: readonly string[]): string {
  return command.join(' ');
}
