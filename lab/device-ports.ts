import { join } from 'node:path';

import { IpMonitor } from 'iproute-exec';

import { DhcpClient } from './dhcp/client.js';
import { portNames, type PortName, type Topology } from './topology.js';

/** udhcpc takes every lease for at least 16 s long, and so would renew a shorter one after its end: it is told to at half-time (RFC 2131, T1). */
const shortestRenewalSeconds = 8;

/** The device's DHCP clients, one a port, and what a device's network manager does for them: a carrier that returns has its lease renewed. */
export class DevicePorts {
  readonly clients: Readonly<Record<PortName, DhcpClient>>;
  readonly #carrier = new Map<string, boolean>();
  readonly #monitor: IpMonitor;
  readonly #leaseSeconds: number;
  #renewals: NodeJS.Timeout | undefined;

  /** `folder` is for logs; name servers go to RUN_DIR/dns/INTERFACE. */
  constructor(
    topology: Topology,
    options: { readonly runDir: string; readonly folder: string; readonly leaseSeconds: number },
  ) {
    this.#leaseSeconds = options.leaseSeconds;
    const client = (name: PortName): DhcpClient =>
      new DhcpClient({
        namespace: topology.namespaces.device,
        interfaceName: name,
        metric: topology.ports[name].metric,
        dnsFile: join(options.runDir, 'dns', name),
        dnsWrite: 'replace',
        logFile: join(options.folder, `udhcpc-${name}.log`),
      });
    this.clients = { eth0: client('eth0'), wwan0: client('wwan0'), sat0: client('sat0') };
    this.#monitor = new IpMonitor({
      namespace: topology.namespaces.device,
      objects: ['link'],
      onLine: (line) => {
        this.#linkChanged(line);
      },
      // Whatever was missed: a renewal too many does no harm.
      onLost: () => {
        for (const name of portNames) this.clients[name].renew();
      },
    });
  }

  async start(): Promise<void> {
    await Promise.all(portNames.map((name) => this.clients[name].start()));
    if (this.#leaseSeconds >= 2 * shortestRenewalSeconds) return;
    this.#renewals = setInterval(() => {
      for (const name of portNames) this.clients[name].renew();
    }, this.#leaseSeconds * 500);
  }

  async stop(): Promise<void> {
    clearInterval(this.#renewals);
    await this.#monitor.close();
    await Promise.all(portNames.map((name) => this.clients[name].stop()));
  }

  #linkChanged(line: string): void {
    const [, name, flags] = /^\d+: ([^:@]+)[@:][^<]*<([^>]*)>/.exec(line) ?? [];
    const port = portNames.find((candidate) => candidate === name);
    if (port === undefined || flags === undefined) return;
    const hasCarrier = flags.split(',').includes('LOWER_UP');
    const returned = hasCarrier && this.#carrier.get(port) === false;
    this.#carrier.set(port, hasCarrier);
    if (returned) this.clients[port].renew();
  }
}
