import { readFile } from 'node:fs/promises';

import { run, type RunResult } from 'iproute-exec';

import { LabProcess } from '../../lab/processes.js';
import { waitFor } from '../../lab/index.js';

export interface BootOptions {
  /** The host's files; changed by what it does. */
  readonly root: string;
  /** Its network, a named namespace. */
  readonly namespace: string;
  /** A directory of ours -> where the host sees it. */
  readonly binds: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const BOOT_TIMEOUT_MS = 120_000;

/** A Debian host with systemd as process 1, in a container of its own. */
export class BootedHost {
  readonly #process: LabProcess;
  readonly #initPid: number;

  private constructor(process: LabProcess, initPid: number) {
    this.#process = process;
    this.#initPid = initPid;
  }

  /** Boots it; done when systemd has started what it was to start. */
  static async boot({ root, namespace, binds, logFile }: BootOptions): Promise<BootedHost> {
    const process = await LabProcess.start({
      name: 'systemd-nspawn',
      file: 'systemd-nspawn',
      args: [
        ...['--quiet', '--boot', `--directory=${root}`, `--network-namespace-path=/run/netns/${namespace}`],
        ...['--register=no', '--keep-unit', '--console=pipe', '--capability=CAP_NET_ADMIN,CAP_NET_RAW'],
        ...Object.entries(binds).map(([from, to]) => `--bind=${from}:${to}`),
      ],
      // /proc/sys/net is the host's own, as on a machine.
      environment: { SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network' },
      logFile,
    });
    const initPid = await waitFor('process 1 of the host', () => initOf(process.pid), { timeoutMs: BOOT_TIMEOUT_MS });
    const host = new BootedHost(process, initPid);
    let seen = '';
    await waitFor(
      () => `systemd to have booted: ${seen}`,
      async () => {
        const { stdout, stderr } = await host.run(['systemctl', 'is-system-running']);
        const jobs = await host.run(['systemctl', '--no-pager', 'list-jobs']);
        seen = `${stdout}${stderr}${jobs.stdout}`;
        return ['running', 'degraded'].includes(stdout.trim()) ? true : undefined;
      },
      { timeoutMs: BOOT_TIMEOUT_MS, everyMs: 200 },
    );
    return host;
  }

  /** Where a path of the host is for us. */
  path(path: string): string {
    return `/proc/${this.#initPid}/root${path}`;
  }

  /** Runs a command in the host, to its end. A non-zero exit code is a result. */
  run(argv: readonly [string, ...string[]], timeoutMs = 60_000): Promise<RunResult> {
    return run('nsenter', ['-t', String(this.#initPid), '-a', '--', ...argv], { allowFailure: true, timeoutMs });
  }

  /** The same, where anything but success is an error. */
  async must(argv: readonly [string, ...string[]], timeoutMs = 60_000): Promise<string> {
    const { stdout, stderr, exitCode } = await this.run(argv, timeoutMs);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  }

  async powerOff(): Promise<void> {
    await this.run(['systemctl', 'poweroff']).catch(() => undefined);
    await this.#process.stop();
  }
}

/** What the container runs as its process 1, once it does: before, there are processes that set it up. */
async function initOf(containerPid: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${containerPid}/task/${containerPid}/children`, 'utf8').catch(() => '');
  for (const pid of children.split(' ').filter((each) => /^\d+$/.test(each))) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'systemd') return Number(pid);
  }
  return undefined;
}
