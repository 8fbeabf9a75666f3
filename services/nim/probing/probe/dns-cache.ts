import { resolve, type Resolution, type ResolveOptions, type Uplink } from '../../../../lib/uplink-socket/index.js';
import type { Clock } from '../../../../lib/clock/index.js';

/** Shorter answers are kept this long, so that a keepalive probe a second does not become a question a second. */
const SHORTEST_MS = 5_000;
/** Longer ones are asked for again after this, so that a moved controller is found within the hour. */
const LONGEST_MS = 3_600_000;
/** Far more than any device has targets times ports. */
const MOST_ENTRIES = 1_000;

interface Entry {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

/**
 * Addresses by port and name, each kept by its TTL, between 5 s and 1 h. Only answers are kept: a failure is asked
 * again next time. What another port's, or other, name servers said does not count.
 */
export class DnsCache {
  readonly #clock: Clock;
  readonly #lookUp: (uplink: Uplink, options: ResolveOptions) => Promise<Resolution>;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, lookUp = resolve) {
    this.#clock = clock;
    this.#lookUp = lookUp;
  }

  /** @throws DnsError, as `resolve` does */
  async resolve(uplink: Uplink, options: ResolveOptions): Promise<Pick<Resolution, 'addresses'> & Partial<Resolution>> {
    const { interfaceName, namespace = '' } = uplink;
    const { hostName, servers, families } = options;
    const key = JSON.stringify([interfaceName, namespace, hostName.toLowerCase(), servers, families]);
    const kept = this.#entries.get(key);
    if (kept !== undefined && kept.untilMs > this.#clock.monotonicMs()) return { addresses: kept.addresses };
    this.#entries.delete(key);
    const resolution = await this.#lookUp(uplink, options);
    const keptMs = Math.min(Math.max(resolution.ttlMs, SHORTEST_MS), LONGEST_MS);
    this.#entries.set(key, { addresses: resolution.addresses, untilMs: this.#clock.monotonicMs() + keptMs });
    this.#forgetOldest();
    return resolution;
  }

  /** For a port whose network may have changed under the same name servers. */
  forget(interfaceName: string): void {
    for (const key of this.#entries.keys()) {
      if ((JSON.parse(key) as readonly unknown[])[0] === interfaceName) this.#entries.delete(key);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  #forgetOldest(): void {
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > MOST_ENTRIES && oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
