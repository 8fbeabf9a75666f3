import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { packageRoot } from '../package-root.js';
import { LabProcess } from '../processes.js';

export interface DhcpClientOptions {
  readonly namespace: string;
  readonly interfaceName: string;
  /** Of the default route in the main table. */
  readonly metric: number;
  /** Gets the lease's name servers, in the syntax of resolv.conf(5). */
  readonly dnsFile: string;
  /** `overwrite` where the file is a mount point and another cannot take its place. */
  readonly dnsWrite: 'replace' | 'overwrite';
  readonly logFile: string;
}

/** udhcpc on one interface. What a lease changes in the kernel stands in lease.sh. */
export class DhcpClient {
  readonly #options: DhcpClientOptions;
  #process: LabProcess | undefined;

  constructor(options: DhcpClientOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  /** Begins from nothing: drops the interface's addresses and asks for a lease. Does not wait for it. */
  async start(): Promise<void> {
    if (this.running) return;
    const { namespace, interfaceName, metric, dnsFile, dnsWrite, logFile } = this.#options;
    await mkdir(dirname(dnsFile), { recursive: true });
    this.#process = await LabProcess.start({
      name: `udhcpc ${namespace} ${interfaceName}`,
      namespace,
      file: 'udhcpc',
      args: [
        ...['-f', '-i', interfaceName, '-s', join(packageRoot(), 'lab/dhcp/lease.sh')],
        // Three requests, a second apart; where nobody answers, again two seconds later.
        ...['-t', '3', '-T', '1', '-A', '2'],
        ...['-O', 'staticroutes', '-O', 'mtu', '-O', 'ntpsrv'],
      ],
      environment: { METRIC: String(metric), DNS_FILE: dnsFile, DNS_WRITE: dnsWrite },
      logFile,
    });
  }

  /** Ends it as a crash would: addresses stay until their lifetime is over. */
  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** Asks at once for the lease to be renewed, or for a new one where there is none. */
  renew(): void {
    this.#process?.signal('SIGUSR1');
  }

  /** Begins anew: the address is dropped and asked for again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}
