import { join } from 'node:path';

import { KernelEvents, Rtnetlink } from '../lib/netlink/index.js';
import { DhcpClient } from './dhcp/client.js';
import { portNames, type PortName, type Topology } from './topology.js';

/**
 * udhcpc takes every lease for at least 16 s long, and so would renew a shorter one after its end: it is told to at
 * half-time (RFC 2131, T1).
 */
const SHORTEST_RENEWAL_SECONDS = 8;

/**
 * The device's DHCP clients, one a port, and what a device's network manager does for them: a carrier that returns has
 * its lease renewed.
 */
export class DevicePorts {
  readonly clients: Readonly<Record<PortName, DhcpClient>>;
  readonly #carrier = new Map<string, boolean>();
  readonly #events: KernelEvents;
  readonly #rtnetlink: Rtnetlink;
  readonly #leaseSeconds: number;
  #renewals: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

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
    this.#rtnetlink = new Rtnetlink(topology.namespaces.device);
    this.#events = new KernelEvents({
      namespace: topology.namespaces.device,
      objects: ['link'],
      onEvent: (event) => {
        if (event.kind === 'link') this.#linkChanged(event.name);
      },
      // Whatever was missed: a renewal too many does no harm.
      onLost: () => {
        for (const name of portNames) this.clients[name].renew();
      },
    });
  }

  async start(): Promise<void> {
    await Promise.all(portNames.map((name) => this.clients[name].start()));
    if (this.#leaseSeconds >= 2 * SHORTEST_RENEWAL_SECONDS) return;
    this.#renewals = setInterval(() => {
      for (const name of portNames) this.clients[name].renew();
    }, this.#leaseSeconds * 500);
  }

  /** Once is enough; more do no harm. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    clearInterval(this.#renewals);
    await this.#events.close();
    await Promise.all(portNames.map((name) => this.clients[name].stop()));
  }

  #linkChanged(name: string): void {
    const port = portNames.find((candidate) => candidate === name);
    const link = port === undefined ? undefined : this.#rtnetlink.link(port);
    if (port === undefined || link === undefined) return;
    const returned = link.hasLowerUp && this.#carrier.get(port) === false;
    this.#carrier.set(port, link.hasLowerUp);
    if (returned) this.clients[port].renew();
  }
}
