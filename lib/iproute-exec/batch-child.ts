import { inNamespace } from './argv.js';
import { KeptChild, type ChildEnd } from './kept-child.js';

export interface BatchChildOptions {
  readonly namespace?: string | undefined;
  /** Options of ip that come before `-batch`. */
  readonly ipOptions: readonly string[];
  /** A line failed; the child lives on. Lines are counted from 1, and calls come in their order. */
  readonly onFailure: (line: number, error: string) => void;
  readonly onOutput: (text: string) => void;
  /** `stderr` is what it wrote after the last line that failed. */
  readonly onEnd: (end: ChildEnd, stderr: string) => void;
}

/**
 * A word that is no object of ip, nor the beginning of one: ip answers it on stderr with `Command failed -:LINE` as soon as all lines
 * before it are through, and lives on. Writes are silent, so this is how their end is known.
 */
export const fenceLine = 'end-of-commands\n';

/** A list of 100,000 routes. */
const maxLineLength = 64 * 1024 * 1024;

/** Lines of stderr that are kept for the message of one failure. */
const maxErrorLines = 20;

/** A kept-open `ip -force -batch -`, spoken to in numbered lines. */
export class BatchChild {
  readonly command: string;
  private readonly child: KeptChild;
  private lines = 0;
  private answered = false;
  private stderr: string[] = [];

  constructor(private readonly options: BatchChildOptions) {
    const argv = inNamespace({ file: 'ip', args: [...options.ipOptions, '-force', '-batch', '-'] }, options.namespace);
    this.command = [argv.file, ...argv.args].join(' ');
    this.child = new KeptChild({
      argv,
      maxLineLength,
      onStdoutLine: options.onOutput,
      onStderrLine: (line) => {
        this.readStderr(line);
      },
      onEnd: (end) => {
        options.onEnd(end, this.takeStderr());
      },
    });
    // Its answer proves that ip runs and is inside the namespace.
    this.send(fenceLine, 1);
  }

  get alive(): boolean {
    return this.child.alive;
  }

  /** Whether it has ever answered; one that ends before that could not start its work. */
  get started(): boolean {
    return this.answered;
  }

  /** How many lines it has been sent: its memory grows with them. */
  get sentLines(): number {
    return this.lines;
  }

  /** Writes whole lines in one write(), so that the child never sees a truncated one should this process be killed. */
  send(text: string, lines: number): void {
    this.lines += lines;
    this.child.write(text);
  }

  kill(because: string): void {
    this.child.kill(because);
  }

  close(): Promise<void> {
    return this.child.close();
  }

  private readStderr(text: string): void {
    const failed = /^Command failed -:(\d+)$/.exec(text);
    if (failed === null) {
      if (this.stderr.length < maxErrorLines && text.trim() !== '') this.stderr.push(text);
      return;
    }
    const error = this.takeStderr();
    const line = Number(failed[1]);
    if (line === 1) this.answered = true;
    else this.options.onFailure(line, error);
  }

  private takeStderr(): string {
    const text = this.stderr.join('\n');
    this.stderr = [];
    return text;
  }
}
