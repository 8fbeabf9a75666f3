import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of the benchmarks (a bundle beside this one) in a process of its own. It ends when it is disconnected. */
export class Child {
  readonly process: ChildProcess;

  constructor(bundle: `bench-${string}.js`, ...args: readonly string[]) {
    this.process = fork(fileURLToPath(new URL(`./${bundle}`, import.meta.url)), args);
  }

  async close(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.disconnect();
    await ended;
  }
}
