import type {
  DeviceModel,
  LocalNetwork,
  NetworkInstance,
  Port,
  WireGuardTunnel,
} from '../../../lib/configuration/index.js';
import type { App, AppInterface } from '../../../lib/configuration/index.js';
import { oncePer } from '../../../lib/once/index.js';

/** A network instance that has a bridge of ours: a local one, or a cloud one, whose apps are behind a tunnel. */
export interface LocalInstance extends NetworkInstance {
  readonly kind: 'local' | 'cloud';
  readonly network: LocalNetwork;
}

/** A cloud one: what its apps send goes into the tunnel, and what that sends outside follows the selection. */
export interface TunnelledInstance extends LocalInstance {
  readonly kind: 'cloud';
  readonly tunnel: WireGuardTunnel;
}

/**
 * The network instances whose bridge, rules and NAT are ours: active, and local or with a tunnel that is built.
 * Switches are left as they are.
 */
export const localInstances: (model: DeviceModel) => readonly LocalInstance[] = oncePer((model) =>
  model.networkInstances.filter(isLocal),
);

function isLocal(instance: NetworkInstance): instance is LocalInstance {
  const { kind, active, network, tunnel } = instance;
  return active && network !== undefined && (kind === 'local' || (kind === 'cloud' && tunnel !== undefined));
}

export function isTunnelled(instance: LocalInstance): instance is TunnelledInstance {
  return instance.kind === 'cloud' && instance.tunnel !== undefined;
}

/** The ports that carry the label a network instance names. */
export function portsOf(model: DeviceModel, instance: NetworkInstance): readonly Port[] {
  const { portLabel } = instance;
  return portLabel === undefined ? [] : model.ports.filter((port) => port.labels.includes(portLabel));
}

export interface AttachedInterface {
  readonly app: App;
  readonly appInterface: AppInterface;
}

/** The interfaces of active apps in each network instance, by its UUID. */
export const attachedInterfaces: (model: DeviceModel) => ReadonlyMap<string, readonly AttachedInterface[]> = oncePer(
  (model) => {
    const attached = new Map<string, AttachedInterface[]>();
    for (const app of model.apps) {
      if (!app.active) continue;
      for (const appInterface of app.interfaces) {
        const others = attached.get(appInterface.networkInstanceId);
        if (others === undefined) attached.set(appInterface.networkInstanceId, [{ app, appInterface }]);
        else others.push({ app, appInterface });
      }
    }
    return attached;
  },
);

/** Names an app's interface in the numbering of addresses. */
export function appInterfaceKey({ app, appInterface }: AttachedInterface): string {
  return `${app.id}/${appInterface.name}`;
}
