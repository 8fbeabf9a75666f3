import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { run } from 'iproute-exec';

import { HealthCheckResponse_ServingStatus, HealthClient } from '../gen/grpc/health/v1/health.js';
import { call, connectTo } from '../lib/rpc/index.js';
import { packageRoot } from './package-root.js';
import { LabProcess, type ExitStatus } from './processes.js';
import { waitUntil } from '../lib/clock/index.js';

export const serviceNames = ['zedagent', 'nim', 'zedrouter'] as const;
export type ServiceName = (typeof serviceNames)[number];

interface ServiceProcessOptions {
  /** What `eve-uplink serve` is told to serve. */
  readonly serves: ServiceName | 'all';
  readonly namespace: string;
  readonly runDir: string;
  readonly stateDir: string;
  readonly logFile: string;
  readonly logLevel: string;
  readonly controller: { readonly url: string; readonly certificateAuthorityFile: string } | undefined;
  readonly metricsPort: number | undefined;
  /** A command that runs it, with what stands before the service's own. */
  readonly runBy: readonly [string, ...string[]] | undefined;
}

/** `eve-uplink serve` in the device: one service, or all of them in one process. */
export class ServiceProcess {
  readonly #options: ServiceProcessOptions;
  #process: LabProcess | undefined;

  constructor(options: ServiceProcessOptions) {
    this.#options = options;
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process?.running === true ? this.#process.pid : undefined;
  }

  /**
   * Starts it and waits until each of its sockets answers that it is SERVING. Throws where it ends instead, or takes
   * longer than 10 s.
   */
  async start(): Promise<void> {
    if (this.#process?.running === true) return;
    const { serves, namespace, runDir, stateDir, logFile, logLevel, controller, metricsPort, runBy } = this.#options;
    const [file, ...before]: readonly [string, ...string[]] =
      runBy === undefined ? [process.execPath] : [...runBy, process.execPath];
    const launched = await LabProcess.start({
      name: `eve-uplink serve ${serves}`,
      namespace,
      file,
      args: [
        ...before,
        ...[await commandFile(), 'serve', serves],
        ...['--run-dir', runDir, '--state-dir', stateDir, '--log-level', logLevel],
        ...(controller === undefined
          ? []
          : ['--controller', controller.url, '--controller-ca', controller.certificateAuthorityFile]),
        ...(metricsPort === undefined ? [] : ['--metrics', `127.0.0.1:${metricsPort}`]),
      ],
      logFile,
    });
    this.#process = launched;
    const sockets = serves === 'all' ? serviceNames : [serves];
    const addresses = sockets.map((name) => `unix:${join(runDir, `${name}.sock`)}`);
    const serving = async (): Promise<boolean> =>
      !launched.running || (await Promise.all(addresses.map(isServing))).every((answer) => answer);
    const inTime = await waitUntil(serving, { timeoutMs: 10_000, everyMs: 20 });
    if (!launched.running)
      throw new Error(`${launched.name} has ended (${describe(await launched.exited)}), see ${logFile}`);
    if (!inTime) throw new Error(`${launched.name} does not serve after 10 s, see ${logFile}`);
  }

  /** Sends a signal and, where that ends the process, waits for the end. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<ExitStatus | undefined> {
    this.#process?.signal(signal);
    return this.#process?.exited;
  }

  /** Holds it (true), as a hung process, or lets it go on. */
  freeze(frozen: boolean): void {
    this.#process?.signal(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** SIGTERM, and SIGKILL where that is not heeded within 5 s. */
  async stop(): Promise<void> {
    this.#process?.signal('SIGCONT');
    await this.#process?.stop(5_000);
  }
}

function describe(status: ExitStatus): string {
  return status.kind === 'exited' ? `exit code ${status.code}` : status.signal;
}

async function isServing(address: string): Promise<boolean> {
  const client = connectTo(HealthClient, address);
  try {
    const { status } = await call(client, 'check', { service: '' }, { timeoutMs: 500 });
    return status === HealthCheckResponse_ServingStatus.SERVING;
  } catch {
    // Nobody there yet, or not ready: looked at again soon.
    return false;
  } finally {
    client.close();
  }
}

/**
 * The bundled command. Where the lab itself runs from its sources (tests), it is bundled first if the sources have
 * changed.
 */
export async function commandFile(): Promise<string> {
  const root = packageRoot();
  if (import.meta.url.endsWith('.ts')) {
    bundled ??= run(process.execPath, [join(root, 'setup/prepare.mjs'), 'bundle'], { timeoutMs: 120_000 });
    await bundled;
  }
  const file = join(root, 'dist/eve-uplink.js');
  if (!existsSync(file)) throw new Error(`${file} is not there: npm run build`);
  return file;
}

let bundled: Promise<unknown> | undefined;
