import { isActiveSwitch, portsLabelled, type AccessEntry, type DeviceModel } from '../../../lib/configuration/index.js';
import { bridgeName } from '../../../lib/dataplane-layout/index.js';
import type { Ids, PortFacts, Selection } from './inputs.js';
import { appInterfaceKey, attachedInterfaces } from './local-instances.js';
import { bridgeMacAddress } from './placement.js';

/** A switch network instance as it is to be. */
export interface DesiredSwitch {
  readonly niId: string;
  readonly number: number;
  /** Of its own bridge, which its apps are in. */
  readonly bridge: string;
  /** Of the bridge. */
  readonly macAddress: string;
  /** Bytes; 0: the kernel's choice. */
  readonly mtu: number;
  readonly forwardsLldp: boolean;
  /** The interface of its port, where policy permits that; undefined: it has none, and its apps have each other. */
  readonly port: { readonly interfaceName: string } | undefined;
  readonly apps: readonly SwitchApp[];
}

/** An app's interface on a switch. */
export interface SwitchApp {
  /** See `appInterfaceKey`. */
  readonly key: string;
  readonly appId: string;
  readonly appName: string;
  readonly interfaceName: string;
  /** By which it is known on the bridge: lower case, colons. */
  readonly macAddress: string;
  readonly accessList: readonly AccessEntry[];
}

/** The switches of a configuration that have a number, by UUID. */
export function desiredSwitches(inputs: {
  readonly model: DeviceModel;
  readonly ids: Ids;
  readonly ports: ReadonlyMap<string, PortFacts>;
  readonly selections: ReadonlyMap<string, Selection>;
}): ReadonlyMap<string, DesiredSwitch> {
  const { model, ids, ports, selections } = inputs;
  const switches = model.networkInstances.filter(isActiveSwitch);
  if (switches.length === 0) return NONE;
  const attached = attachedInterfaces(model);
  return new Map(
    switches.flatMap((instance): (readonly [string, DesiredSwitch])[] => {
      const { id, mtu, switching } = instance;
      const number = ids.networkInstances.get(id);
      if (number === undefined) return [];
      const [port] = portsLabelled(model.ports, instance);
      const isPermitted = port !== undefined && selections.get(id)?.permitted.includes(port.label) === true;
      const facts = isPermitted ? ports.get(port.label) : undefined;
      const apps = (attached.get(id) ?? []).map((each): SwitchApp => {
        const { name: interfaceName, macAddress, accessList } = each.appInterface;
        const { id: appId, name: appName } = each.app;
        return { key: appInterfaceKey(each), appId, appName, interfaceName, macAddress, accessList };
      });
      return [
        [
          id,
          {
            ...{ niId: id, number, bridge: bridgeName(number), macAddress: bridgeMacAddress(number), mtu, apps },
            forwardsLldp: switching?.forwardsLldp === true,
            port: facts === undefined ? undefined : { interfaceName: facts.interfaceName },
          },
        ],
      ];
    }),
  );
}

const NONE: ReadonlyMap<string, DesiredSwitch> = new Map();
