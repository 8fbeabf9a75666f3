import type { DeviceModel, Port, PortMap } from '../../../lib/configuration/index.js';
import { flowMark, portMark } from '../../../lib/dataplane-layout/index.js';
import {
  element,
  elementKey,
  PROTOCOL_NUMBERS,
  type SetElement,
  type SetElements,
} from '../../../lib/netlink/index.js';
import type { Ids } from './inputs.js';
import { ipv4Text } from '../../../lib/ipv4/index.js';
import {
  appInterfaceKey,
  attachedInterfaces,
  localInstances,
  portsOf,
  type AttachedInterface,
} from './local-instances.js';
import { madeOnceWithIds } from './made-once.js';

/** A port map, with the app that it leads to. */
export interface PlacedPortMap {
  readonly niId: string;
  readonly attached: AttachedInterface;
  readonly portMap: PortMap;
  readonly appAddress: string;
  /** Logical labels of the ports on which it may be open. */
  readonly portLabels: readonly string[];
}

/** The port maps of each local network instance, by its UUID. An app without an address has none. */
export const placedPortMaps: (model: DeviceModel, ids: Ids) => ReadonlyMap<string, readonly PlacedPortMap[]> =
  madeOnceWithIds((model, ids) => {
    const attachedByInstance = attachedInterfaces(model);
    return new Map(
      localInstances(model).map((instance) => {
        const ports = portsOf(model, instance);
        const placed = (attachedByInstance.get(instance.id) ?? []).flatMap((attached) =>
          placedOf(instance.id, attached, ports, ids),
        );
        return [instance.id, placed];
      }),
    );
  });

function placedOf(
  niId: string,
  attached: AttachedInterface,
  ports: readonly Port[],
  ids: Ids,
): readonly PlacedPortMap[] {
  const address = ids.appAddresses.get(appInterfaceKey(attached));
  if (address === undefined) return [];
  const appAddress = ipv4Text(address);
  return attached.appInterface.portMaps.map((portMap) => ({
    niId,
    attached,
    portMap,
    appAddress,
    portLabels: ports
      .filter(({ labels }) => portMap.adapterLabel === undefined || labels.includes(portMap.adapterLabel))
      .map(({ label }) => label),
  }));
}

export interface PortMapElements {
  readonly port_map_owner: SetElements;
  readonly port_map_target: SetElements;
}

/**
 * The elements of all port maps, on all the ports where they may ever be open. They follow from the configuration
 * alone: which one is open now is a single element of `port_map_open`, so a switch costs the same for 1 and for 1,000.
 */
export const portMapElements: (model: DeviceModel, ids: Ids) => PortMapElements = madeOnceWithIds((model, ids) => {
  const owner: SetElement[] = [];
  const target: SetElement[] = [];
  for (const { niId, portMap, appAddress, portLabels } of [...placedPortMaps(model, ids).values()].flat()) {
    const niNumber = ids.networkInstances.get(niId);
    if (niNumber === undefined) continue;
    for (const label of portLabels) {
      const portNumber = ids.ports.get(label);
      if (portNumber === undefined) continue;
      const flow = flowMark(portNumber, niNumber);
      const { externalPort, appPort } = portMap;
      const protocol = PROTOCOL_NUMBERS[portMap.protocol];
      owner.push(element([portMark(portNumber), protocol, externalPort], [flow]));
      target.push(element([flow, protocol, externalPort], [appAddress, appPort]));
    }
  }
  return { port_map_owner: byKey(owner), port_map_target: byKey(target) };
});

function byKey(elements: readonly SetElement[]): SetElements {
  return new Map(elements.map((each) => [elementKey(each.key), each]));
}
