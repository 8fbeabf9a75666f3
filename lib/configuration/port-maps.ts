import type { Sliced } from '../slices/index.js';
import type { AppInterface, DeviceModel, NetworkInstance, Port, PortMap } from './model.js';
import type { Problems } from './problems.js';

/**
 * Port maps that could be open at the same place, and adapters that lead nowhere. Whether app and network instance are
 * active does not matter: activating one later must not be what fails.
 */
export function* checkPortMaps(
  model: Pick<DeviceModel, 'ports' | 'networkInstances' | 'apps'>,
  fields: ReadonlyMap<PortMap, string>,
  problems: Problems,
): Sliced<void> {
  const instances = new Map(model.networkInstances.map((instance) => [instance.id, instance]));
  const taken: TakenPlaces = new Map(model.ports.map((port) => [port, new Map()]));
  for (const app of model.apps) {
    for (const appInterface of app.interfaces) {
      const { networkInstanceId, portMaps } = appInterface;
      if (portMaps.length === 0) continue;
      const candidates = portsOf(instances.get(networkInstanceId), model.ports);
      const narrowed = narrowedPortMaps(appInterface);
      for (const portMap of portMaps) checkPortMap(portMap, candidates, { fields, taken, problems, narrowed });
    }
    yield;
  }
}

function portsOf(instance: NetworkInstance | undefined, ports: readonly Port[]): readonly Port[] {
  const { portLabel } = instance ?? {};
  return portLabel === undefined ? [] : ports.filter(({ labels }) => labels.includes(portLabel));
}

/** Of each port, by protocol and number, who has it. */
type TakenPlaces = ReadonlyMap<Port, Map<number, PortMap>>;

interface Checking {
  /** Of the interface whose port maps are checked: those that are for some remote ends only. */
  readonly narrowed: ReadonlySet<PortMap>;
  readonly fields: ReadonlyMap<PortMap, string>;
  readonly taken: TakenPlaces;
  readonly problems: Problems;
}

function checkPortMap(
  portMap: PortMap,
  candidates: readonly Port[],
  { fields, taken, problems, narrowed }: Checking,
): void {
  const { protocol, externalPort, adapterLabel } = portMap;
  const field = fields.get(portMap) ?? '';
  const open = candidates.filter(({ labels }) => adapterLabel === undefined || labels.includes(adapterLabel));
  if (adapterLabel !== undefined && open.length === 0) {
    problems.add(field, `no port of the network instance has the adapter label ${JSON.stringify(adapterLabel)}`);
  }
  const place = placeOf(portMap);
  const clash = open.find((port) => {
    const other = taken.get(port)?.get(place);
    return other !== undefined && !(narrowed.has(other) && narrowed.has(portMap) && other.appPort === portMap.appPort);
  });
  if (clash !== undefined) {
    const other = taken.get(clash)?.get(place);
    const where = other === undefined ? '' : (fields.get(other) ?? '');
    problems.add(field, `${protocol} port ${externalPort} on ${clash.label} is mapped already, at ${where}`);
  }
  for (const port of open) {
    const places = taken.get(port);
    if (places?.has(place) === false) places.set(place, portMap);
  }
}

/** One place may lead to one port of an app for several remote ends, an entry each. */
function narrowedPortMaps({ accessList }: AppInterface): ReadonlySet<PortMap> {
  return new Set(
    accessList.flatMap(({ portMap, remoteNetwork, remoteName, remoteIsMember }) =>
      portMap !== undefined && (remoteNetwork !== undefined || remoteName !== undefined || remoteIsMember)
        ? [portMap]
        : [],
    ),
  );
}

/** One number for protocol and port, as there may be 50,000 port maps. */
function placeOf({ protocol, externalPort }: PortMap): number {
  return (protocol === 'tcp' ? 0 : 0x10000) + externalPort;
}
