import type { DeviceModel, LocalNetwork, NetworkInstance, Port } from '../../../lib/configuration/index.js';
import type { App, AppInterface } from '../../../lib/configuration/index.js';
import { oncePer } from '../../../lib/once/index.js';

/** A network instance that has a bridge of ours. */
export interface LocalInstance extends NetworkInstance {
  readonly kind: 'local';
  readonly network: LocalNetwork;
}

/**
 * The network instances whose bridge, rules and NAT are ours: local and active. Switch and cloud are left as they are.
 */
export const localInstances: (model: DeviceModel) => readonly LocalInstance[] = oncePer((model) =>
  model.networkInstances.filter(isLocal),
);

function isLocal(instance: NetworkInstance): instance is LocalInstance {
  return instance.kind === 'local' && instance.active && instance.network !== undefined;
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
