import type { DeviceModel, PortMap } from '../../configuration/index.js';
import { flowMark, markText, portMark } from '../marks.js';
import type { Numbers } from './inputs.js';
import { addressText } from './ipv4.js';
import {
  appInterfaceKey,
  attachedInterfaces,
  localInstances,
  portsOf,
  type AttachedInterface,
} from './local-instances.js';
import { tuple, type Elements } from './sets.js';

/** A port map, with the app that it leads to. */
export interface PlacedPortMap {
  readonly niId: string;
  readonly attached: AttachedInterface;
  readonly portMap: PortMap;
  readonly appAddress: string;
  /** Logical labels of the ports on which it may be open. */
  readonly portLabels: readonly string[];
}

/** Every port map of every local network instance. An app without an address has none. */
export function placedPortMaps(model: DeviceModel, numbers: Numbers): readonly PlacedPortMap[] {
  const attachedByInstance = attachedInterfaces(model);
  return localInstances(model).flatMap((instance) => {
    const ports = portsOf(model, instance);
    return (attachedByInstance.get(instance.id) ?? []).flatMap((attached) => {
      const address = numbers.appAddresses.get(appInterfaceKey(attached));
      if (address === undefined) return [];
      return attached.appInterface.portMaps.map((portMap) => ({
        niId: instance.id,
        attached,
        portMap,
        appAddress: addressText(address),
        portLabels: ports
          .filter(({ labels }) => portMap.adapterLabel === undefined || labels.includes(portMap.adapterLabel))
          .map(({ label }) => label),
      }));
    });
  });
}

export interface PortMapElements {
  readonly port_map_owner: Elements;
  readonly port_map_target: Elements;
}

/**
 * The elements of all port maps, on all the ports where they may ever be open. They follow from the configuration
 * alone: which one is open now is a single element of `port_map_open`, so a switch costs the same for 1 and for 1,000.
 */
export function portMapElements(model: DeviceModel, numbers: Numbers): PortMapElements {
  const owner = new Map<string, string>();
  const target = new Map<string, string>();
  for (const { niId, portMap, appAddress, portLabels } of placedPortMaps(model, numbers)) {
    const niNumber = numbers.networkInstances.get(niId);
    if (niNumber === undefined) continue;
    for (const label of portLabels) {
      const portNumber = numbers.ports.get(label);
      if (portNumber === undefined) continue;
      const flow = markText(flowMark(portNumber, niNumber));
      const { protocol, externalPort, appPort } = portMap;
      owner.set(tuple(markText(portMark(portNumber)), protocol, externalPort), flow);
      target.set(tuple(flow, protocol, externalPort), tuple(appAddress, appPort));
    }
  }
  return { port_map_owner: owner, port_map_target: target };
}
