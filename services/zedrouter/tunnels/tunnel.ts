import { isDeepStrictEqual } from 'node:util';

import type { CancelTimer } from '../../../lib/clock/index.js';
import type { WireGuardPeer as ConfiguredPeer } from '../../../lib/configuration/index.js';
import {
  deleteFlowsByMark,
  wireGuardChange,
  type KernelChange,
  type WireGuardDevice,
  type WireGuardEndpoint,
  type WireGuardPeer,
  type WireGuardPeerChange,
} from '../../../lib/netlink/index.js';
import { FLOW_MASK, TUNNEL_PORT_NUMBER, flowMark } from '../../../lib/dataplane-layout/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { DesiredTunnel } from '../desired/tunnels.js';
import { openTunnel, type TunnelDevice, type TunnelMaker, type TunnelMakerOptions } from './device.js';
import { EndpointNames } from './endpoint-names.js';
import { readPrivateKey } from './private-key.js';

/** How a tunnel is. */
export interface TunnelState {
  readonly name: string;
  readonly by: TunnelMaker | undefined;
  readonly isUp: boolean;
  /** Why it is not, or not as it should be, and what to do; undefined: nothing is wrong. */
  readonly problem: string | undefined;
  readonly peers: readonly TunnelPeerState[];
}

export interface TunnelPeerState {
  readonly publicKey: string;
  /** As it is configured: host:port. */
  readonly endpoint: string;
  /** Where it is now. */
  readonly address: WireGuardEndpoint | undefined;
  /** On the wall clock; undefined: never. */
  readonly lastHandshakeMs: number | undefined;
}

export interface TunnelOptions extends TunnelMakerOptions {
  readonly logger: Logger;
  /** `anew`: the device has been made, so what led into the former one is gone. */
  readonly onChange: (what: 'anew' | 'state') => void;
}

const AGAIN_MS = 1_000;
/** Handshakes are two minutes apart (whitepaper, 6.1). */
const LOOKED_AT_EVERY_MS = 5_000;
/** From then on a peer takes no packet of the former session (REJECT_AFTER_TIME): it does not answer. */
const SILENT_MS = 180_000;
const WHOLE_MARK = 0xffffffff;
const NI_BITS = 0xffff;

/**
 * Brings one tunnel device to what is desired, whatever becomes of it and of its process, and keeps it there. A move to
 * another port is one message: the peers' endpoints anew, by which the socket forgets the former source, and a
 * keepalive packet, by which the other end learns the new one.
 */
export class Tunnel {
  readonly #options: TunnelOptions;
  readonly #names: EndpointNames;
  #wanted: DesiredTunnel;
  #device: TunnelDevice | undefined;
  #state: TunnelState;
  #isDirty = false;
  #isWorking = false;
  #hasMoved = false;
  #failedMs = -Infinity;
  #closed = false;
  #cancelTimer: CancelTimer = () => undefined;

  constructor(options: TunnelOptions, wanted: DesiredTunnel) {
    this.#options = options;
    this.#wanted = wanted;
    this.#state = { name: wanted.name, by: undefined, isUp: false, problem: undefined, peers: [] };
    this.#names = new EndpointNames(options.clock, options.kernel.namespace, () => {
      this.#touch();
    });
    this.#touch();
  }

  get state(): TunnelState {
    return this.#state;
  }

  get niId(): string {
    return this.#wanted.niId;
  }

  /** What it is to be from now on. */
  follow(wanted: DesiredTunnel): void {
    const before = this.#wanted;
    if (before === wanted || isDeepStrictEqual(before, wanted)) return;
    this.#wanted = wanted;
    this.#hasMoved ||= leavesOtherwise(before, wanted);
    this.#touch();
  }

  /** The kernel's links have changed: is it still there? */
  onLinksChanged(): void {
    if (this.#state.isUp && this.#options.kernel.rtnetlink.link(this.#wanted.name)?.isUp !== true) this.#touch();
  }

  /** The device stays as it is. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#names.close();
    this.#device?.close();
  }

  #touch(): void {
    this.#isDirty = true;
    if (this.#isWorking || this.#closed) return;
    this.#isWorking = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#isDirty && !this.#closed) {
      this.#isDirty = false;
      try {
        await this.#bringAbout();
        this.#again(LOOKED_AT_EVERY_MS);
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#isWorking = false;
  }

  #fail(error: unknown): void {
    const { clock, logger } = this.#options;
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== this.#state.problem) {
      const { name, niId } = this.#wanted;
      logger.warn({ event: 'tunnel-failed', tunnel: name, networkInstance: niId, message: problem }, 'tunnel failed');
    }
    this.#failedMs = clock.monotonicMs();
    const isUp = this.#options.kernel.rtnetlink.link(this.#wanted.name)?.isUp === true;
    this.#tell({ ...this.#state, isUp, problem }, 'state');
    // What comes in meanwhile waits, too: a device that cannot be made shall not take all the time there is.
    this.#isDirty = false;
    this.#again(AGAIN_MS);
  }

  #again(afterMs: number): void {
    this.#cancelTimer();
    if (this.#closed) return;
    this.#cancelTimer = this.#options.clock.setTimer(afterMs, () => {
      this.#touch();
    });
  }

  async #bringAbout(): Promise<void> {
    const wanted = this.#wanted;
    const device = await this.#opened(wanted);
    // Traffic first: whatever else is to be done, the other end learns where we are now. One that moves meanwhile moves
    // again; one that cannot be told is told when it is tried again.
    while (this.#hasMoved) {
      this.#hasMoved = false;
      await this.#move(device, this.#wanted).catch((error: unknown) => {
        this.#hasMoved = true;
        throw error;
      });
    }
    const { key, warning } = readPrivateKey(wanted.privateKeyFile);
    this.#names.follow(wanted);
    const current = await device.read();
    for (const peer of wanted.peers) this.#names.learn(peer, current.peers.get(peer.publicKey)?.endpoint);
    const change = wireGuardChange(current, {
      privateKey: key,
      mark: wanted.mark,
      peers: wanted.peers.flatMap((peer) => {
        const { publicKey, keepaliveSeconds, allowedPrefixes } = peer;
        const endpoint = this.#names.endpointOf(peer);
        // A handshake without an address would keep the next one waiting (REKEY_TIMEOUT, 5 s).
        if (endpoint === undefined && current.peers.get(publicKey)?.endpoint === undefined) return [];
        return [{ publicKey, endpoint, keepaliveSeconds, allowedPrefixes }];
      }),
    });
    if (change !== undefined) await device.change(change);
    const astray = this.#astray(wanted, current);
    if (astray.length > 0) await device.change({ peers: astray });
    const isAnew = this.#openLink(wanted);
    const now = change === undefined && astray.length === 0 ? current : await device.read();
    const silent = wanted.peers.filter(({ publicKey }) => this.#isSilent(now.peers.get(publicKey)));
    this.#names.ask(silent);
    this.#tell(
      {
        name: wanted.name,
        by: device.by,
        isUp: true,
        problem: warning ?? this.#names.problem,
        peers: wanted.peers.map((peer) => peerState(peer, now)),
      },
      isAnew ? 'anew' : 'state',
    );
  }

  async #opened(wanted: DesiredTunnel): Promise<TunnelDevice> {
    const { kernel } = this.#options;
    if (this.#device !== undefined && kernel.rtnetlink.link(wanted.name) !== undefined) return this.#device;
    this.#device?.close();
    this.#device = undefined;
    // One that ends before it is ours is the affair of whoever opens it.
    const opened: { device?: TunnelDevice } = {};
    const device = await openTunnel(this.#options, wanted, () => {
      if (opened.device !== undefined) this.#ended(opened.device);
    });
    opened.device = device;
    if (this.#closed) device.close();
    this.#device = device;
    return device;
  }

  #ended(device: TunnelDevice): void {
    if (this.#closed || this.#device !== device) return;
    const { clock, logger } = this.#options;
    const problem = 'wireguard-go has ended, starting it again';
    logger.warn({ event: 'tunnel-ended', tunnel: this.#wanted.name }, problem);
    this.#device = undefined;
    this.#tell({ ...this.#state, isUp: false, problem }, 'state');
    // One that ends again and again is started once a second.
    if (clock.monotonicMs() - this.#failedMs < AGAIN_MS) this.#again(AGAIN_MS);
    else this.#touch();
    this.#failedMs = clock.monotonicMs();
  }

  /** Where the peers are stays known; that we are elsewhere is told to each. */
  async #move(device: TunnelDevice, { mark, peers }: DesiredTunnel): Promise<void> {
    // The new way's first packet would end with the old entry.
    await deleteFlowsByMark({
      ...{ mark, mask: WHOLE_MARK, family: 'ipv4', namespace: this.#options.kernel.namespace },
    });
    const { peers: current } = await device.read();
    const changes = peers.flatMap(({ publicKey, keepaliveSeconds }): readonly WireGuardPeerChange[] => {
      const endpoint = current.get(publicKey)?.endpoint;
      if (endpoint === undefined) return [];
      // One that is switched on is sent at once.
      return [
        { kind: 'set', publicKey, endpoint, keepaliveSeconds: 0 },
        { kind: 'set', publicKey, keepaliveSeconds: keepaliveSeconds === 0 ? 1 : keepaliveSeconds },
        ...(keepaliveSeconds === 0 ? [{ kind: 'set', publicKey, keepaliveSeconds } as const] : []),
      ];
    });
    if (changes.length > 0) await device.change({ peers: changes });
  }

  /** Peers that do not answer, and are configured to be elsewhere than they were last. */
  #astray({ peers }: DesiredTunnel, current: WireGuardDevice): readonly WireGuardPeerChange[] {
    return peers.flatMap((peer) => {
      const there = current.peers.get(peer.publicKey);
      const endpoint = this.#names.endpointOf(peer);
      if (there?.endpoint === undefined || endpoint === undefined || !this.#isSilent(there)) return [];
      return this.#names.isOf(peer, there.endpoint)
        ? []
        : [{ kind: 'set', publicKey: peer.publicKey, endpoint } as const];
    });
  }

  #isSilent(peer: WireGuardPeer | undefined): boolean {
    return peer?.lastHandshakeMs === undefined || this.#options.clock.wallMs() - peer.lastHandshakeMs > SILENT_MS;
  }

  /** Addresses and link. Answers whether it was down before, so that there are no routes into it. */
  #openLink({ name, niId, addresses, mtu }: DesiredTunnel): boolean {
    const { kernel } = this.#options;
    const link = kernel.rtnetlink.link(name);
    if (link === undefined) throw new Error(`there is no interface ${name}, of network instance ${niId}`);
    const there = kernel.rtnetlink.addresses(link.index).filter(({ family }) => family === 'inet');
    const missing = addresses.filter((address) => !there.some((each) => each.address === address));
    const changes: readonly KernelChange[] = [
      ...there
        .filter(({ address }) => !addresses.includes(address))
        .map((address) => ({ kind: 'address-delete', dev: name, address }) as const),
      ...missing.map(
        (address) => ({ kind: 'address-add', dev: name, address: { address, prefixLength: 32 } }) as const,
      ),
      ...(link.mtu === mtu ? [] : [{ kind: 'link-set', name, settings: { mtu } } as const]),
      ...(link.isUp ? [] : [{ kind: 'link-set', name, settings: { isUp: true } } as const]),
    ];
    const [refused] = kernel.rtnetlink.apply(changes).flatMap((error) => error ?? []);
    if (refused !== undefined) throw refused;
    if (there.length > 0 && missing.length > 0) void this.#endInside();
    return !link.isUp || missing.length > 0;
  }

  /** Flows that were translated to an address that the other end takes no packet from any more. */
  async #endInside(): Promise<void> {
    const { mark } = this.#wanted;
    await deleteFlowsByMark({
      ...{ mark: flowMark(TUNNEL_PORT_NUMBER, mark & NI_BITS), mask: FLOW_MASK, family: 'ipv4' },
      namespace: this.#options.kernel.namespace,
    }).catch(() => undefined);
  }

  #tell(state: TunnelState, what: 'anew' | 'state'): void {
    const isNews = what === 'anew' || !isDeepStrictEqual(this.#state, state);
    this.#state = state;
    if (isNews && !this.#closed) this.#options.onChange(what);
  }
}

/** What it sends outside now has another source, or another way. */
function leavesOtherwise({ port: a }: DesiredTunnel, { port: b }: DesiredTunnel): boolean {
  return (
    b !== undefined &&
    (a?.interfaceName !== b.interfaceName || a.sourceAddress !== b.sourceAddress || a.gateways[0] !== b.gateways[0])
  );
}

function peerState({ publicKey, endpoint: { host, port } }: ConfiguredPeer, current: WireGuardDevice): TunnelPeerState {
  const peer = current.peers.get(publicKey);
  return {
    publicKey,
    endpoint: `${host.kind === 'name' ? host.name : host.address}:${port}`,
    address: peer?.endpoint,
    lastHandshakeMs: peer?.lastHandshakeMs,
  };
}
