import type {
  WatchNetworkInstanceTestStatusResponse,
  WatchDeviceNetworkStatusResponse,
} from '../../gen/nim/v1/network_interface_manager.js';
import type { NetworkInstanceTestStatus } from '../../gen/nim/v1/network_instance_test_status.js';
import type { PortStatus } from '../../gen/nim/v1/port_status.js';
import type { ConfigStatus } from '../../gen/zedagent/v1/device_config.js';
import type {
  NetworkInstanceStatus,
  WatchNetworkInstanceStatusResponse,
} from '../../gen/zedrouter/v1/network_router.js';

/** What the operator is shown: facts of NIM (ports, selections) and of zedrouter (what is applied). */
export interface StatusView {
  readonly ports: readonly PortStatus[];
  readonly selections: readonly NetworkInstanceTestStatus[];
  readonly applied: readonly NetworkInstanceStatus[];
  /** What zedagent knows of the configuration in force; absent where it was not asked, or does not answer. */
  readonly configuration?: ConfigStatus;
  /** Lines about services that do not answer: what they know may be missing or old. */
  readonly troubles: readonly string[];
}

export const emptyView: StatusView = { ports: [], selections: [], applied: [], troubles: [] };

/** One message of one of the three streams. */
export type StreamMessage =
  | { readonly kind: 'ports'; readonly message: WatchDeviceNetworkStatusResponse }
  | { readonly kind: 'selections'; readonly message: WatchNetworkInstanceTestStatusResponse }
  | { readonly kind: 'applied'; readonly message: WatchNetworkInstanceStatusResponse };

function merge<Item>(
  present: readonly Item[],
  snapshot: boolean,
  upserts: readonly Item[],
  removedKeys: readonly string[],
  keyOf: (item: Item) => string,
): readonly Item[] {
  if (snapshot) return upserts;
  const byKey = new Map(present.map((item) => [keyOf(item), item]));
  for (const key of removedKeys) byKey.delete(key);
  for (const item of upserts) byKey.set(keyOf(item), item);
  return [...byKey.values()];
}

/** The view after a message: a snapshot replaces, a delta changes. */
export function withMessage(view: StatusView, { kind, message }: StreamMessage): StatusView {
  switch (kind) {
    case 'ports': {
      const { snapshot, ports, removedPorts } = message;
      return { ...view, ports: merge(view.ports, snapshot, ports, removedPorts, (port) => port.logicalLabel) };
    }
    case 'selections': {
      const { snapshot, statuses, removedNetworkInstances } = message;
      const keyOf = (status: NetworkInstanceTestStatus) => status.networkInstanceId;
      return { ...view, selections: merge(view.selections, snapshot, statuses, removedNetworkInstances, keyOf) };
    }
    case 'applied': {
      const { snapshot, statuses, removedNetworkInstances } = message;
      const keyOf = (status: NetworkInstanceStatus) => status.networkInstanceId;
      return { ...view, applied: merge(view.applied, snapshot, statuses, removedNetworkInstances, keyOf) };
    }
  }
}

/** A network instance as both services see it. */
export interface NetworkInstanceView {
  readonly id: string;
  readonly name: string;
  readonly selection: NetworkInstanceTestStatus | undefined;
  readonly applied: NetworkInstanceStatus | undefined;
}

/** Every network instance that either service knows, by name. */
export function networkInstancesOf({ selections, applied }: StatusView): readonly NetworkInstanceView[] {
  const ids = new Set([...selections, ...applied].map((status) => status.networkInstanceId));
  const selectionOf = new Map(selections.map((status) => [status.networkInstanceId, status]));
  const appliedOf = new Map(applied.map((status) => [status.networkInstanceId, status]));
  const views = [...ids].map((id): NetworkInstanceView => {
    const selection = selectionOf.get(id);
    const own = appliedOf.get(id);
    const displayName = (selection ?? own)?.displayName ?? '';
    return { id, name: displayName === '' ? id : displayName, selection, applied: own };
  });
  return views.sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}
