import { BatchChild } from './batch-child.js';
import { CommandError } from './command-error.js';
import type { ChildEnd } from './kept-child.js';
import { ReadUnit, type IpAnswer } from './read-unit.js';
import type { WarnLogger } from './warn-logger.js';

export interface ReadLaneOptions {
  readonly namespace?: string | undefined;
  /** Options of ip that come before `-batch`. */
  readonly ipOptions: readonly string[];
  readonly logger?: WarnLogger | undefined;
  /** For one ask() until its last answer. */
  readonly timeoutMs: number;
}

/** `ip -batch` frees nothing: after this many lines a fresh one takes over. */
const maxLines = 1_000;

/** When nobody has asked for anything for so long, a half-spent child is replaced, so that the next burst does not wait for that. */
const calmMs = 250;

/** Queries in one write(): 64 lines of usual length are some 3 KiB, far below what a Unix socket takes at once. */
const maxQueriesPerUnit = 64;

/** Units under way at once. */
const maxUnitsUnderWay = 8;

/** A unit is sent anew when the child was killed under it, but no oftener: it may be what kills it. */
const maxAttempts = 2;

/** A kept-open `ip -j -batch -` that concurrent callers share; what is under way when it dies is asked again. */
export class ReadLane {
  private child: BatchChild;
  private waiting: ReadUnit[] = [];
  private underWay: ReadUnit[] = [];
  private leaving: Promise<unknown> = Promise.resolve();
  private calm: NodeJS.Timeout | undefined;
  private stale = false;
  private closed = false;

  constructor(private readonly options: ReadLaneOptions) {
    this.child = this.spawn();
  }

  /** For messages. */
  get command(): string {
    return this.child.command;
  }

  /**
   * Answers each line, in the same order.
   * @throws CommandError where ip rejects the syntax of one, cannot be run, or does not answer in time, or after close().
   */
  async ask(lines: readonly string[]): Promise<readonly IpAnswer[]> {
    const units: Promise<readonly IpAnswer[]>[] = [];
    for (let from = 0; from < lines.length; from += maxQueriesPerUnit) {
      units.push(this.askUnit(lines.slice(from, from + maxQueriesPerUnit)));
    }
    return (await Promise.all(units)).flat();
  }

  forgetInterfaces(): void {
    this.stale = true;
    this.pump();
  }

  /** Rejects what is not answered yet, ends the child and waits until it is gone. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.calm);
    for (const unit of [...this.underWay, ...this.waiting]) unit.onError(this.failure('this reader is closed'));
    this.underWay = [];
    this.waiting = [];
    await Promise.all([this.child.close(), this.leaving]);
  }

  private askUnit(lines: readonly string[]): Promise<readonly IpAnswer[]> {
    if (this.closed) return Promise.reject(this.failure('this reader is closed'));
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== unit);
        if (this.underWay.includes(unit)) this.child.kill(`no answer within ${this.options.timeoutMs} ms`);
        unit.abandoned = true;
        reject(this.failure(`no answer within ${this.options.timeoutMs} ms to: ${lines.join('; ')}`));
      }, this.options.timeoutMs);
      const unit = new ReadUnit(
        lines,
        (answers) => {
          clearTimeout(limit);
          resolve(answers);
        },
        (error) => {
          clearTimeout(limit);
          reject(error);
        },
      );
      this.waiting.push(unit);
      this.pump();
    });
  }

  /** Sends what may be sent; replaces the child where it is spent, stale or dead and nothing is under way. */
  private pump(): void {
    if (this.closed) return;
    const spent = this.child.sentLines > maxLines || this.stale;
    if (this.underWay.length === 0 && (spent || (!this.child.alive && this.waiting.length > 0))) {
      this.stale = false;
      this.leaving = Promise.all([this.leaving, this.child.close()]);
      this.child = this.spawn();
    } else if (spent || !this.child.alive) return;
    while (this.underWay.length < maxUnitsUnderWay) {
      const unit = this.waiting.shift();
      if (unit === undefined) return;
      this.underWay.push(unit);
      unit.send(this.child);
    }
  }

  private onOutput(text: string): void {
    const unit = this.underWay.find((candidate) => !candidate.outputComplete);
    unit?.onOutput(text);
    this.settle(unit);
  }

  private onFailure(line: number): void {
    this.settle(this.underWay.find((unit) => unit.onFailure(line)));
  }

  private settle(unit: ReadUnit | undefined): void {
    if (unit === undefined) return;
    if (!unit.sound) {
      this.child.kill('its answers cannot be told apart');
      return;
    }
    if (!unit.complete) return;
    this.underWay = this.underWay.filter((other) => other !== unit);
    try {
      unit.onDone(unit.result());
    } catch (cause) {
      unit.onError(this.failure(`printed something other than JSON (${String(cause)})`));
    }
    this.pump();
    if (this.underWay.length === 0) this.renewWhenCalm();
  }

  private renewWhenCalm(): void {
    clearTimeout(this.calm);
    if (this.closed || this.child.sentLines <= maxLines / 2) return;
    this.calm = setTimeout(() => {
      this.forgetInterfaces();
    }, calmMs).unref();
  }

  private onEnd(end: ChildEnd, stderr: string): void {
    const [suspect, ...innocent] = this.underWay.filter((unit) => !unit.abandoned);
    this.underWay = [];
    if (suspect === undefined) {
      this.pump();
      return;
    }
    this.options.logger?.warn({ command: this.child.command, reason: end.reason, stderr }, 'kept-open ip ended');
    // Ended by itself: a syntax error in the first unit that is not answered, or ip cannot be run at all. Killed: not that unit's fault.
    if (end.exitCode !== null || suspect.attempts >= maxAttempts) {
      suspect.onError(this.failure(`${end.reason} at: ${suspect.queries.join('; ')}`, end.exitCode, stderr));
    } else innocent.unshift(suspect);
    this.waiting = [...innocent, ...this.waiting];
    this.pump();
  }

  private spawn(): BatchChild {
    const child: BatchChild = new BatchChild({
      namespace: this.options.namespace,
      ipOptions: this.options.ipOptions,
      onFailure: (line) => {
        if (child === this.child) this.onFailure(line);
      },
      onOutput: (text) => {
        if (child === this.child) this.onOutput(text);
      },
      onEnd: (end, stderr) => {
        if (child === this.child) this.onEnd(end, stderr);
      },
    });
    return child;
  }

  private failure(reason: string, exitCode: number | null = null, stderr = ''): CommandError {
    return new CommandError({ command: this.child.command, exitCode, stderr, reason });
  }
}
