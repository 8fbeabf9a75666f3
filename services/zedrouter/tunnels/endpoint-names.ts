import { backoffMs, type Clock } from '../../../lib/clock/index.js';
import type { WireGuardPeer } from '../../../lib/configuration/index.js';
import type { WireGuardEndpoint } from '../../../lib/netlink/index.js';
import { resolve } from '../../../lib/uplink-socket/index.js';
import type { PortFacts } from '../desired/inputs.js';
import type { DesiredTunnel } from '../desired/tunnels.js';

const TIMEOUT_MS = 3_000;
/** A name whose peer is silent may have moved: it is asked for again, more and more seldom. */
const AGAIN = { firstMs: 10_000, mostMs: 600_000 };

interface Known {
  readonly addresses: readonly string[];
}

/**
 * The addresses of peers' names, asked for over the port in use, with its own name servers. What was known stays known
 * until something newer is: a port without a name server ends no tunnel.
 */
export class EndpointNames {
  readonly #clock: Clock;
  readonly #namespace: string | undefined;
  readonly #onNews: () => void;
  readonly #known = new Map<string, Known>();
  readonly #failures = new Map<string, string>();
  /** When to ask again, and how often it has been done. */
  readonly #next = new Map<string, { readonly dueMs: number; readonly attempt: number }>();
  readonly #asking = new Set<string>();
  readonly #ending = new AbortController();
  #port: PortFacts | undefined;

  constructor(clock: Clock, namespace: string | undefined, onNews: () => void) {
    this.#clock = clock;
    this.#namespace = namespace;
    this.#onNews = onNews;
  }

  /** Why some name has no address; undefined: each has one. */
  get problem(): string | undefined {
    const [failure] = this.#failures.values();
    return failure;
  }

  /** The port by which to ask, and the names that count. */
  follow({ port, peers }: Pick<DesiredTunnel, 'port' | 'peers'>): void {
    if (port?.interfaceName !== this.#port?.interfaceName) this.#next.clear();
    this.#port = port;
    const names = new Set(peers.flatMap(({ endpoint: { host } }) => (host.kind === 'name' ? [host.name] : [])));
    for (const known of [this.#known, this.#failures, this.#next]) {
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    }
  }

  /** Asks for the names of these peers, unless it has just been done. */
  ask(peers: readonly WireGuardPeer[]): void {
    const port = this.#port;
    if (port === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    for (const { endpoint } of peers) {
      if (endpoint.host.kind !== 'name') continue;
      const { name } = endpoint.host;
      const { dueMs, attempt } = this.#next.get(name) ?? { dueMs: nowMs, attempt: 0 };
      if (dueMs > nowMs || this.#asking.has(name)) continue;
      this.#next.set(name, { dueMs: nowMs + backoffMs({ ...AGAIN, attempt }), attempt: attempt + 1 });
      void this.#ask(name, port);
    }
  }

  /** Where a peer is that was configured before us: its name stands for that until it has been asked for. */
  learn({ endpoint: { host, port } }: WireGuardPeer, at: WireGuardEndpoint | undefined): void {
    if (host.kind !== 'name' || at?.port !== port || this.#known.has(host.name)) return;
    this.#known.set(host.name, { addresses: [at.address] });
  }

  /** Undefined: not known yet. */
  endpointOf({ endpoint: { host, port } }: WireGuardPeer): WireGuardEndpoint | undefined {
    const address = host.kind === 'address' ? host.address : this.#known.get(host.name)?.addresses[0];
    return address === undefined ? undefined : { address, port };
  }

  /** Whether a peer is where its configuration has it. */
  isOf({ endpoint: { host, port } }: WireGuardPeer, at: WireGuardEndpoint): boolean {
    if (at.port !== port) return false;
    return host.kind === 'address'
      ? host.address === at.address
      : (this.#known.get(host.name)?.addresses.includes(at.address) ?? true);
  }

  close(): void {
    this.#ending.abort();
  }

  async #ask(name: string, port: PortFacts): Promise<void> {
    this.#asking.add(name);
    const uplink = { interfaceName: port.interfaceName, namespace: this.#namespace };
    try {
      const { addresses } = await resolve(uplink, {
        ...{ hostName: name, servers: port.dnsServers, families: [4], timeoutMs: TIMEOUT_MS },
        signal: this.#ending.signal,
      });
      this.#known.set(name, { addresses });
      this.#failures.delete(name);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#failures.set(name, `its peer's address is not known: ${why}`);
    }
    this.#asking.delete(name);
    if (!this.#ending.signal.aborted) this.#onNews();
  }
}
