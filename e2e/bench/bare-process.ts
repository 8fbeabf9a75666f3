import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The bare service, serving in a process of its own. */
export class BareProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(socketPath: string): Promise<BareProcess> {
    const child = fork(fileURLToPath(new URL('./bench-bare-server.js', import.meta.url)), [socketPath]);
    await once(child, 'message');
    return new BareProcess(child);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}
