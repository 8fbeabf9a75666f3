import type { App, AppInterface, DeviceModel, NetworkInstance, Port, PortMap } from './model.js';
import type { Problems } from './problems.js';

/**
 * Port maps that could be open at the same place, and adapters that lead nowhere. Whether app and network instance are active does not
 * matter: activating one later must not be what fails.
 */
export function checkPortMaps(
  model: Pick<DeviceModel, 'ports' | 'networkInstances' | 'apps'>,
  fields: ReadonlyMap<PortMap, string>,
  problems: Problems,
): void {
  const instances = new Map(model.networkInstances.map((instance) => [instance.id, instance]));
  /** Port label, protocol and number -> the app that has it. */
  const taken = new Map<string, string>();
  for (const app of model.apps) {
    for (const each of app.interfaces) {
      const candidates = portsOf(instances.get(each.networkInstanceId), model.ports);
      checkInterface(app, each, candidates, { fields, taken, problems });
    }
  }
}

function portsOf(instance: NetworkInstance | undefined, ports: readonly Port[]): readonly Port[] {
  const { portLabel } = instance ?? {};
  return portLabel === undefined ? [] : ports.filter(({ labels }) => labels.includes(portLabel));
}

interface Checking {
  readonly fields: ReadonlyMap<PortMap, string>;
  readonly taken: Map<string, string>;
  readonly problems: Problems;
}

function checkInterface(
  app: App,
  { portMaps }: AppInterface,
  candidates: readonly Port[],
  { fields, taken, problems }: Checking,
): void {
  for (const portMap of portMaps) {
    const { protocol, externalPort, adapterLabel } = portMap;
    const field = fields.get(portMap) ?? '';
    const open = candidates.filter(({ labels }) => adapterLabel === undefined || labels.includes(adapterLabel));
    if (adapterLabel !== undefined && open.length === 0) {
      problems.add(field, `no port of the network instance has the adapter label ${JSON.stringify(adapterLabel)}`);
    }
    const places = open.map(({ label }) => ({ label, place: JSON.stringify([label, protocol, externalPort]) }));
    const clash = places.find(({ place }) => taken.has(place));
    if (clash !== undefined) {
      const other = taken.get(clash.place) ?? '';
      problems.add(field, `${protocol} port ${externalPort} on ${clash.label} is mapped already, at ${other}`);
    }
    for (const { place } of places) {
      if (!taken.has(place)) taken.set(place, `${field} (app ${JSON.stringify(app.name)})`);
    }
  }
}
