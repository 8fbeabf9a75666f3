import { inNamespace } from './argv.js';
import { KeptChild } from './kept-child.js';
import { ScriptFile } from './script-file.js';

/** What nft answered to one include. */
export type NftAnswer =
  | { readonly kind: 'answered'; readonly stderr: readonly string[] }
  | {
      readonly kind: 'ended';
      readonly reason: string;
      readonly exitCode: number | null;
      readonly stderr: readonly string[];
    };

/** An element list of a script is echoed on one line of stderr where it is wrong. */
const maxLineLength = 16 * 1024 * 1024;

const maxErrorLines = 200;

/**
 * A kept-open `nft -i`. Each script is one transaction: it is put into the file that the child holds, and included. When nft is done
 * it prints nothing, so a word that is no command follows: nft echoes it on stderr, whatever the state of the kernel or of our rights.
 */
export class NftChild {
  readonly command: string;
  private readonly child: KeptChild;
  private stderr: string[] = [];
  private fences = 0;
  private answeredOnce = false;
  private waiter: ((answer: NftAnswer) => void) | undefined;

  constructor(namespace: string | undefined, scriptFile: ScriptFile) {
    const argv = inNamespace({ file: 'nft', args: ['-i'] }, namespace);
    this.command = [argv.file, ...argv.args].join(' ');
    this.child = new KeptChild({
      argv,
      maxLineLength,
      descriptor: scriptFile.descriptor,
      onStdoutLine: () => undefined,
      onStderrLine: (line) => {
        this.readStderr(line);
      },
      onEnd: (end) => {
        this.answer({ kind: 'ended', ...end, stderr: this.stderr });
      },
    });
  }

  get alive(): boolean {
    return this.child.alive;
  }

  /** Whether it has ever answered; one that ends before that has no interactive mode, or no namespace. */
  get started(): boolean {
    return this.answeredOnce;
  }

  /** Runs what the script file holds now. One call at a time. */
  include(): Promise<NftAnswer> {
    this.stderr = [];
    this.fences += 1;
    const answer = new Promise<NftAnswer>((resolve) => {
      this.waiter = resolve;
    });
    this.child.write(`include "${ScriptFile.path}"\n${this.fence}\n`);
    return answer;
  }

  kill(because: string): void {
    this.child.kill(because);
  }

  close(): Promise<void> {
    return this.child.close();
  }

  private get fence(): string {
    return `end_of_script_${this.fences}`;
  }

  private readStderr(line: string): void {
    if (line !== this.fence) {
      if (this.stderr.length < maxErrorLines) this.stderr.push(line);
      return;
    }
    this.answeredOnce = true;
    // The line before the echo is the fence's own "Error: syntax error"; the carets after it go to the next answer, and say nothing.
    this.answer({ kind: 'answered', stderr: this.stderr.slice(0, -1) });
  }

  private answer(answer: NftAnswer): void {
    const waiter = this.waiter;
    this.waiter = undefined;
    waiter?.(answer);
  }
}
