import { deleteFlowsByMark } from '../../../lib/netlink/index.js';
import { FLOW_NI_MASK, flowMark, tunnelNumber } from '../../../lib/dataplane-layout/index.js';
import type { DesiredTunnel } from '../desired/tunnels.js';
import { isTunnelOfOurs, removeTunnel } from './device.js';
import { Tunnel, type TunnelOptions, type TunnelState } from './tunnel.js';

/**
 * Keeps the tunnel devices beside everything else, each by itself: a peer's name, or a process that starts, keeps no
 * switch waiting. What is there when it begins is taken over as it is.
 */
export class TunnelKeeper {
  readonly #options: TunnelOptions;
  readonly #tunnels = new Map<string, Tunnel>();
  #wanted: ReadonlyMap<string, DesiredTunnel> | undefined;

  constructor(options: TunnelOptions) {
    this.#options = options;
  }

  /** These tunnels are to be there, and no other of ours. */
  follow(wanted: ReadonlyMap<string, DesiredTunnel>): void {
    const isFirst = this.#wanted === undefined;
    // Nearly every device has none, and nothing to look for.
    if (!isFirst && wanted.size === 0 && this.#tunnels.size === 0) return;
    this.#wanted = wanted;
    for (const [name, each] of wanted) {
      const there = this.#tunnels.get(name);
      if (there !== undefined && there.niId !== each.niId) {
        there.close();
        this.#tunnels.delete(name);
      }
      const tunnel = this.#tunnels.get(name);
      if (tunnel === undefined) this.#tunnels.set(name, new Tunnel(this.#options, each));
      else tunnel.follow(each);
    }
    this.#removeOthers(wanted);
  }

  /** The kernel's links have changed. */
  onLinksChanged(): void {
    for (const tunnel of this.#tunnels.values()) tunnel.onLinksChanged();
  }

  /** The devices that are there and up, by name. */
  up(): ReadonlySet<string> {
    const links = this.#options.kernel.rtnetlink.links();
    return new Set(links.filter((link) => isTunnelOfOurs(link) && link.isUp).map(({ name }) => name));
  }

  /** By network instance. */
  states(): ReadonlyMap<string, TunnelState> {
    return new Map([...this.#tunnels.values()].map((tunnel) => [tunnel.niId, tunnel.state]));
  }

  /** The devices stay as they are. */
  close(): void {
    for (const tunnel of this.#tunnels.values()) tunnel.close();
  }

  #removeOthers(wanted: ReadonlyMap<string, DesiredTunnel>): void {
    const { kernel, logger } = this.#options;
    for (const [name, tunnel] of this.#tunnels) {
      if (wanted.has(name)) continue;
      tunnel.close();
      this.#tunnels.delete(name);
    }
    for (const link of kernel.rtnetlink.links()) {
      if (!isTunnelOfOurs(link) || wanted.has(link.name)) continue;
      try {
        removeTunnel(kernel, link.name);
        void this.#endFlows(link.name);
      } catch (error) {
        logger.warn({ event: 'tunnel-failed', tunnel: link.name, err: error }, 'a tunnel cannot be removed');
      }
    }
  }

  /** Inside they are translated to an address that is gone. */
  async #endFlows(name: string): Promise<void> {
    const number = tunnelNumber(name);
    if (number === undefined) return;
    const selection = { mark: flowMark(0, number), mask: FLOW_NI_MASK, family: 'ipv4' } as const;
    await deleteFlowsByMark({ ...selection, namespace: this.#options.kernel.namespace }).catch(() => undefined);
  }
}
