import type { NetworkInstanceTestStatus } from '../../../gen/nim/v1/network_instance_test_status.js';
import type {
  NetworkInterfaceManagerServiceClient,
  WatchDeviceNetworkStatusResponse,
  WatchNetworkInstanceTestStatusResponse,
} from '../../../gen/nim/v1/network_interface_manager.js';
import type { Logger } from '../../../lib/observability/index.js';
import { follow } from '../../../lib/rpc/index.js';

/** What a subscriber of both streams knows, and every message that it got. */
export class Subscriber {
  readonly testMessages: WatchNetworkInstanceTestStatusResponse[] = [];
  readonly portMessages: WatchDeviceNetworkStatusResponse[] = [];
  readonly statuses = new Map<string, NetworkInstanceTestStatus>();
  connected = false;

  /** Follows both streams until the signal aborts. */
  follow(client: NetworkInterfaceManagerServiceClient, signal: AbortSignal, logger: Logger): readonly Promise<void>[] {
    const options = { signal, logger };
    return [
      follow({
        ...options,
        open: () => client.watchNetworkInstanceTestStatus({ epoch: '', afterRevision: 0n }),
        onMessage: (message: WatchNetworkInstanceTestStatusResponse) => {
          this.testMessages.push(message);
          if (message.snapshot) this.statuses.clear();
          for (const one of message.statuses) this.statuses.set(one.displayName, one);
        },
        onState: (state) => {
          this.connected = state === 'connected';
        },
      }),
      follow({
        ...options,
        open: () => client.watchDeviceNetworkStatus({ epoch: '', afterRevision: 0n }),
        onMessage: (message: WatchDeviceNetworkStatusResponse) => {
          this.portMessages.push(message);
        },
      }),
    ];
  }

  /** `crew: wwan0 eth0; bridge: -` in order of rank. */
  get rankings(): string {
    return [...this.statuses.values()]
      .map(({ displayName, candidates }) => {
        const ranked = candidates.filter(({ rank }) => rank > 0).map(({ logicalLabel }) => logicalLabel);
        return `${displayName}: ${ranked.join(' ') || '-'}`;
      })
      .join('; ');
  }
}
