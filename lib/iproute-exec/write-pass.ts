import { fenceLine, type BatchChild } from './batch-child.js';
import type { ChildEnd } from './kept-child.js';
import { syntaxCulprit } from './syntax-culprit.js';

/** What became of one command. */
export type IpResult = { readonly ok: true } | { readonly ok: false; readonly command: string; readonly error: string };

/** How far a pass came. */
export interface PassOutcome {
  /** One for each command that is settled: all of them, or those up to the one at which the child ended. */
  readonly results: readonly IpResult[];
  /** Where the child ended before all was done. */
  readonly end?: { readonly reason: string; readonly exitCode: number | null; readonly stderr: string };
}

/** Largest single write(); below a Unix socket's smallest buffer, so that the kernel takes it whole. */
const maxWriteBytes = 16 * 1024;

/** Bytes that may be under way; far below a Unix socket's send buffer (208 KiB), so that a write is never taken in part. */
const maxBytesUnderWay = 64 * 1024;

/**
 * One run of commands through one child: writes them in groups, each followed by a fence, and collects which of them failed. A syntax
 * error ends ip even with -force and does not say on which line; the fences tell in which group, ip's complaint or a group size of 1
 * which command.
 */
export class WritePass {
  private readonly firstLine: number;
  private readonly failures = new Map<number, string>();
  private readonly groupBytes: number[] = [];
  private readonly groups: number;
  private groupsSent = 0;
  private groupsDone = 0;
  private bytesUnderWay = 0;
  private settle: (outcome: PassOutcome) => void = () => undefined;

  constructor(
    private readonly child: BatchChild,
    private readonly commands: readonly string[],
    private readonly groupSize: number,
  ) {
    this.firstLine = child.sentLines + 1;
    this.groups = Math.ceil(commands.length / groupSize);
  }

  run(): Promise<PassOutcome> {
    const outcome = new Promise<PassOutcome>((resolve) => {
      this.settle = resolve;
    });
    this.sendWhatFits();
    return outcome;
  }

  onFailure(line: number, error: string): void {
    const offset = line - this.firstLine;
    const group = Math.floor(offset / (this.groupSize + 1));
    const command = group * this.groupSize + (offset % (this.groupSize + 1));
    if (command < this.endOf(group)) {
      this.failures.set(command, error);
      return;
    }
    this.groupsDone = group + 1;
    this.bytesUnderWay -= this.groupBytes[group] ?? 0;
    if (this.groupsDone === this.groups) this.settle({ results: this.resultsUpTo(this.commands.length) });
    else this.sendWhatFits();
  }

  onEnd(end: ChildEnd, stderr: string): void {
    const detail = stderr === '' ? end.reason : stderr;
    const first = this.groupsDone * this.groupSize;
    const candidates = this.commands.slice(first, this.endOf(this.groupsDone));
    const culprit = candidates.length === 1 ? 0 : syntaxCulprit(candidates, stderr);
    let settled = first + candidates.length;
    if (culprit === undefined) {
      const unclear = `ip ended (${detail}) at one of ${candidates.length} commands; whether this one was done is not known`;
      for (let index = first; index < settled; index++) {
        if (!this.failures.has(index)) this.failures.set(index, unclear);
      }
    } else {
      settled = first + culprit + 1;
      this.failures.set(settled - 1, detail);
    }
    const { reason, exitCode } = end;
    this.settle({ results: this.resultsUpTo(settled), end: { reason, exitCode, stderr } });
  }

  private sendWhatFits(): void {
    while (this.groupsSent < this.groups && this.bytesUnderWay < maxBytesUnderWay) {
      let text = '';
      let lines = 0;
      while (this.groupsSent < this.groups && text.length < maxWriteBytes) {
        const group = this.groupsSent++;
        const commands = this.commands.slice(group * this.groupSize, this.endOf(group));
        const groupText = `${commands.join('\n')}\n${fenceLine}`;
        this.groupBytes.push(groupText.length);
        this.bytesUnderWay += groupText.length;
        text += groupText;
        lines += commands.length + 1;
      }
      this.child.send(text, lines);
    }
  }

  private endOf(group: number): number {
    return Math.min((group + 1) * this.groupSize, this.commands.length);
  }

  private resultsUpTo(end: number): readonly IpResult[] {
    return this.commands.slice(0, end).map((command, index) => {
      const error = this.failures.get(index);
      return error === undefined ? { ok: true } : { ok: false, command, error };
    });
  }
}
