import { textOf, type Argv } from './argv.js';
import { Backoff } from './backoff.js';
import { diesWithParent } from './dies-with-parent.js';
import { KeptChild, type ChildEnd } from './kept-child.js';
import { listensToNetlink } from './netlink-listening.js';
import type { WarnLogger } from './warn-logger.js';

export interface MonitorOptions {
  readonly argv: Argv;
  /** An event, as text. It only says "look again". */
  readonly onLine: (line: string) => void;
  /** Events were lost, and from now on are heard again: re-read everything. */
  readonly onLost: () => void;
  readonly logger?: WarnLogger | undefined;
}

/** First and longest wait before a monitor that has ended is started again. */
const restartFirstMs = 50;
const restartLongestMs = 2_000;

/** A monitor that has lived so long was healthy: the next restart is quick again. */
const healthyMs = 10_000;

/** How often, and for how long, to look whether a new monitor listens yet; it takes some 5 ms. */
const listeningPollMs = 2;
const listeningLimitMs = 1_000;

/** A rule of nft with a long set is one line. */
const maxLineLength = 16 * 1024 * 1024;

/** A process that prints a line for each event of the kernel; started again when it ends. */
export class Monitor {
  /** Resolves when it hears events for the first time: what is read after that misses none. Resolves on close() as well. */
  readonly ready: Promise<void>;
  private readonly backoff = new Backoff(restartFirstMs, restartLongestMs);
  private markReady: () => void = () => undefined;
  private child: KeptChild;
  private startedMs = 0;
  private restart: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: MonitorOptions) {
    this.ready = new Promise((resolve) => {
      this.markReady = resolve;
    });
    this.child = this.start(this.markReady);
  }

  /** Ends the child; resolves when it is gone. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.restart);
    this.markReady();
    await this.child.terminate();
  }

  private start(onListening: () => void): KeptChild {
    this.startedMs = performance.now();
    const child: KeptChild = new KeptChild({
      argv: diesWithParent(this.options.argv),
      maxLineLength,
      onStdoutLine: (line) => {
        if (!this.closed) this.options.onLine(line);
      },
      onStderrLine: (line) => {
        this.onComplaint(line);
      },
      onEnd: (end) => {
        this.onEnd(end);
      },
    });
    void this.waitUntilListening(child, onListening);
    return child;
  }

  private async waitUntilListening(child: KeptChild, onListening: () => void): Promise<void> {
    const deadlineMs = performance.now() + listeningLimitMs;
    while (!this.closed && child.alive && performance.now() < deadlineMs) {
      if (child.pid !== undefined && (await listensToNetlink(child.pid))) break;
      await new Promise((resolve) => setTimeout(resolve, listeningPollMs));
    }
    if (!this.closed && child.alive) onListening();
  }

  /** The kernel's queue ran over (`netlink receive error No buffer space available`), or the like: what was missed is unknown. */
  private onComplaint(line: string): void {
    if (this.closed) return;
    this.options.logger?.warn({ command: textOf(this.options.argv), stderr: line }, 'monitor complains');
    this.options.onLost();
  }

  private onEnd(end: ChildEnd): void {
    if (this.closed) return;
    this.options.logger?.warn(
      { command: textOf(this.options.argv), reason: end.reason },
      'monitor ended; starting it again',
    );
    if (performance.now() - this.startedMs > healthyMs) this.backoff.reset();
    this.restart = setTimeout(() => {
      this.child = this.start(() => {
        this.markReady();
        this.options.onLost();
      });
    }, this.backoff.delayMs());
    this.restart.unref();
  }
}
