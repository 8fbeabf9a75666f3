import type { DeviceModel, NetworkInstance, Port, PortMap } from './model.js';
import type { Problems } from './problems.js';

/**
 * Port maps that could be open at the same place, and adapters that lead nowhere. Whether app and network instance are
 * active does not matter: activating one later must not be what fails.
 */
export function checkPortMaps(
  model: Pick<DeviceModel, 'ports' | 'networkInstances' | 'apps'>,
  fields: ReadonlyMap<PortMap, string>,
  problems: Problems,
): void {
  const instances = new Map(model.networkInstances.map((instance) => [instance.id, instance]));
  const taken: TakenPlaces = new Map(model.ports.map((port) => [port, new Map()]));
  for (const app of model.apps) {
    for (const { networkInstanceId, portMaps } of app.interfaces) {
      if (portMaps.length === 0) continue;
      const candidates = portsOf(instances.get(networkInstanceId), model.ports);
      for (const portMap of portMaps) checkPortMap(portMap, candidates, { fields, taken, problems });
    }
  }
}

function portsOf(instance: NetworkInstance | undefined, ports: readonly Port[]): readonly Port[] {
  const { portLabel } = instance ?? {};
  return portLabel === undefined ? [] : ports.filter(({ labels }) => labels.includes(portLabel));
}

/** Of each port, by protocol and number, who has it. */
type TakenPlaces = ReadonlyMap<Port, Map<number, PortMap>>;

interface Checking {
  readonly fields: ReadonlyMap<PortMap, string>;
  readonly taken: TakenPlaces;
  readonly problems: Problems;
}

function checkPortMap(portMap: PortMap, candidates: readonly Port[], { fields, taken, problems }: Checking): void {
  const { protocol, externalPort, adapterLabel } = portMap;
  const field = fields.get(portMap) ?? '';
  const open = candidates.filter(({ labels }) => adapterLabel === undefined || labels.includes(adapterLabel));
  if (adapterLabel !== undefined && open.length === 0) {
    problems.add(field, `no port of the network instance has the adapter label ${JSON.stringify(adapterLabel)}`);
  }
  const place = placeOf(portMap);
  const clash = open.find((port) => taken.get(port)?.has(place));
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

/** One number for protocol and port, as there may be 50,000 port maps. */
function placeOf({ protocol, externalPort }: PortMap): number {
  return (protocol === 'tcp' ? 0 : 0x10000) + externalPort;
}
