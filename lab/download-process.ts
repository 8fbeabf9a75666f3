import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { Lab } from './lab.js';
import { monotonicMs } from './monotonic.js';
import { LabProcess, type ExitStatus } from './processes.js';
import { commandFile } from './service-process.js';
import { waitFor } from '../lib/clock/index.js';

/** An event of a download as the command prints it, and when it was read. */
export interface SeenEvent {
  readonly atMs: number;
  readonly kind: string;
  readonly port: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

let started = 0;

/** `eve-uplink download --json` in the device. */
export class DownloadProcess {
  /** All but progress, in order. */
  readonly all: SeenEvent[] = [];
  readonly #unread: SeenEvent[] = [];
  readonly exited: Promise<ExitStatus>;
  readonly #process: LabProcess;
  readonly #logFile: string;

  private constructor(process: LabProcess, logFile: string) {
    this.#process = process;
    this.#logFile = logFile;
    this.exited = process.exited;

    createInterface({ input: process.output }).on('line', (line) => {
      const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
      const { kind, port } = fields as { readonly kind: string; readonly port?: { readonly label: string } };
      const event = { atMs: monotonicMs(), kind, port: port?.label, fields };
      this.#unread.push(event);
      if (kind !== 'progress') this.all.push(event);
    });
  }

  /** Starts it with these arguments after `download`. */
  static async start(lab: Lab, args: readonly string[]): Promise<DownloadProcess> {
    started += 1;
    const logFile = join(lab.folder, `download-${started}.log`);
    const process = await LabProcess.start({
      name: 'eve-uplink download',
      namespace: lab.namespace('device'),
      file: globalThis.process.execPath,
      args: [await commandFile(), 'download', ...args, '--json', '--run-dir', lab.runDir],
      logFile,
      piped: true,
    });
    lab.beforeDestroy(async () => {
      await process.stop();
    });
    return new DownloadProcess(process, logFile);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** Waits for an event of one of these kinds; of those that have come since the last such wait, the first counts. */
  async next(kinds: string | readonly string[], port?: string, timeoutMs = 30_000): Promise<SeenEvent> {
    const wanted = [kinds].flat();
    return waitFor(
      () =>
        `the event ${wanted.join(' or ')}${port === undefined ? '' : ` of ${port}`} of a download; there were ${this.#account()}`,
      () => {
        const index = this.#unread.findIndex(
          (event) => wanted.includes(event.kind) && (port === undefined || event.port === port),
        );
        return index === -1 ? undefined : this.#unread.splice(0, index + 1).at(-1);
      },
      { timeoutMs, everyMs: 5 },
    );
  }

  /** The most memory that it had so far, in MiB; undefined: it has ended. */
  async peakMiB(): Promise<number | undefined> {
    try {
      const status = await readFile(`/proc/${this.#process.pid}/status`, 'utf8');
      const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
      return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
    } catch {
      return undefined;
    }
  }

  #account(): string {
    const { running } = this.#process;
    const log = readFileSync(this.#logFile, 'utf8');
    const told = this.all.map(({ fields }) => JSON.stringify(fields));
    return `${told.join('\n')}${running ? '' : '\nand the process has ended'}\n${log}`;
  }
}
