import { join } from 'node:path';

import {
  NetworkRouterServiceClient,
  type NetworkInstanceStatus,
  type WatchNetworkInstanceStatusResponse,
} from '../gen/zedrouter/v1/network_router.js';
import { KernelEvents, Rtnetlink } from '../lib/netlink/index.js';
import { createLogger } from '../lib/observability/index.js';
import { connectTo, follow } from '../lib/rpc/index.js';
import type { App } from './app.js';

const RETRY_MS = 100;

/**
 * Does what a hypervisor does on a device: keeps each app's link in the bridge that zedrouter's status names for it.
 * Looks again whenever the status or a link of the device changes, so a bridge that is made anew gets its apps back.
 */
export class AppPlugger {
  readonly #apps: readonly App[];
  readonly #client: NetworkRouterServiceClient;
  readonly #abort = new AbortController();
  readonly #events: KernelEvents;
  readonly #rtnetlink: Rtnetlink;
  readonly #statuses = new Map<string, NetworkInstanceStatus>();
  #synced = false;
  #plugging: Promise<void> | undefined;
  #again = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: { readonly runDir: string; readonly deviceNamespace: string; readonly apps: readonly App[] }) {
    this.#apps = options.apps;
    this.#client = connectTo(NetworkRouterServiceClient, `unix:${join(options.runDir, 'zedrouter.sock')}`);
    this.#rtnetlink = new Rtnetlink(options.deviceNamespace);
    const wake = (): void => {
      this.#wake();
    };
    this.#events = new KernelEvents({
      namespace: options.deviceNamespace,
      objects: ['link'],
      onEvent: wake,
      onLost: wake,
    });
    void follow({
      open: () => this.#client.watchNetworkInstanceStatus({ epoch: '', afterRevision: 0n }),
      onMessage: (message) => {
        this.#take(message);
      },
      signal: this.#abort.signal,
      logger: createLogger({ service: 'lab', level: 'silent' }),
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#client.close();
    await this.#events.close();
    this.#again = false;
    await this.#plugging;
    clearTimeout(this.#retry);
  }

  #take(message: WatchNetworkInstanceStatusResponse): void {
    if (message.snapshot) this.#statuses.clear();
    for (const status of message.statuses) this.#statuses.set(status.networkInstanceId, status);
    for (const id of message.removedNetworkInstances) this.#statuses.delete(id);
    this.#synced = true;
    this.#wake();
  }

  #wake(): void {
    if (!this.#synced || this.#abort.signal.aborted) return;
    if (this.#plugging !== undefined) {
      this.#again = true;
      return;
    }
    this.#plugging = this.#plugAll()
      .catch(() => {
        // A bridge can go between the look and the plugging; nothing may change after that to wake us, so look again by
        // ourselves.
        this.#retry = setTimeout(() => {
          this.#wake();
        }, RETRY_MS);
      })
      .finally(() => {
        this.#plugging = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.#wake();
      });
  }

  async #plugAll(): Promise<void> {
    const links = this.#rtnetlink.links();
    for (const app of this.#apps) {
      const wanted = this.#bridgeOf(app);
      const masterIndex = links.find(({ name }) => name === app.topology.deviceInterface)?.masterIndex;
      const bridge = links.find(({ name }) => name === wanted);
      if (bridge !== undefined && masterIndex !== bridge.index) await app.plug(bridge.name);
      if (wanted === undefined && masterIndex !== undefined) await app.unplug();
    }
  }

  #bridgeOf(app: App): string | undefined {
    const { macAddress } = app.topology;
    const status = [...this.#statuses.values()].find(({ appInterfaces }) =>
      appInterfaces.some((candidate) => candidate.macAddress.toLowerCase() === macAddress),
    );
    return status === undefined || status.bridge === '' ? undefined : status.bridge;
  }
}
