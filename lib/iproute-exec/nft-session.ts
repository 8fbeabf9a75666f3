import { CommandError } from './command-error.js';
import { NftChild, type NftAnswer } from './nft-child.js';
import { errorsOf } from './nft-errors.js';
import { run } from './run.js';
import { ScriptFile } from './script-file.js';
import { SerialQueue } from './serial-queue.js';
import type { WarnLogger } from './warn-logger.js';

export interface NftSessionOptions {
  readonly namespace?: string;
  readonly logger?: WarnLogger;
  /** For one apply(). Default 10,000: the ruleset of 500 network instances with 100 port maps each takes some 1,300. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;

/**
 * Changes the ruleset through a kept-open `nft -i`; transactions of concurrent callers are done one after the other. Where nft was built
 * without its interactive mode, each is an `nft -f` of its own.
 */
export class NftSession {
  private readonly queue = new SerialQueue();
  private readonly scriptFile = new ScriptFile();
  private readonly timeoutMs: number;
  private child: NftChild;
  private leaving: Promise<unknown> = Promise.resolve();
  private interactive = true;
  private closed = false;

  /** @throws CommandError where the namespace is no such name. */
  constructor(private readonly options: NftSessionOptions = {}) {
    this.timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.child = new NftChild(options.namespace, this.scriptFile);
  }

  /**
   * Applies the script as one transaction: all of it, or nothing.
   * @throws CommandError with nft's messages by line of the script; also where nft was ended in the middle or did not answer in
   * time, and then whether the transaction was done is not known: read the ruleset.
   */
  apply(script: string): Promise<void> {
    if (this.closed) return Promise.reject(this.failure('this session is closed'));
    return this.queue.add(() => (this.interactive ? this.applyByInclude(script) : this.applyByProcess(script)));
  }

  /** Waits for the scripts that were handed in, then ends the child and waits until it is gone. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.queue.idle();
    await Promise.all([this.child.close(), this.leaving]);
    this.scriptFile.close();
  }

  private async applyByInclude(script: string): Promise<void> {
    const child = this.usableChild();
    const answer = await this.include(child, script);
    const errors = errorsOf(answer.stderr, script);
    if (answer.kind === 'answered') {
      if (errors.length > 0) throw this.failure(undefined, errors.join('\n'));
      return;
    }
    this.options.logger?.warn(
      { command: child.command, reason: answer.reason, stderr: answer.stderr },
      'kept-open nft ended',
    );
    if (!child.started && answer.exitCode !== null) {
      await this.applyByProcess(script);
      // Only now is it known that the interactive mode is what failed.
      this.interactive = false;
      return;
    }
    throw this.failure(answer.reason, errors.join('\n'), answer.exitCode);
  }

  private async include(child: NftChild, script: string): Promise<NftAnswer> {
    const limit = setTimeout(() => {
      child.kill(`no answer within ${this.timeoutMs} ms`);
    }, this.timeoutMs);
    try {
      this.scriptFile.write(script);
      return await child.include();
    } finally {
      clearTimeout(limit);
    }
  }

  private async applyByProcess(script: string): Promise<void> {
    const { namespace } = this.options;
    const { exitCode, stderr } = await run('nft', ['-f', '-'], {
      input: script,
      timeoutMs: this.timeoutMs,
      allowFailure: true,
      ...(namespace === undefined ? {} : { namespace }),
    });
    if (exitCode === 0) return;
    const errors = errorsOf(stderr.split('\n'), script);
    throw this.failure(undefined, errors.length > 0 ? errors.join('\n') : stderr, exitCode);
  }

  private usableChild(): NftChild {
    if (!this.child.alive) {
      this.leaving = Promise.all([this.leaving, this.child.close()]);
      this.child = new NftChild(this.options.namespace, this.scriptFile);
    }
    return this.child;
  }

  private failure(reason: string | undefined, stderr = '', exitCode: number | null = null): CommandError {
    return new CommandError({ command: 'nft', exitCode, stderr, reason });
  }
}
