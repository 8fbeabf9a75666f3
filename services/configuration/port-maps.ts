import type { App, DeviceModel, NetworkInstance } from './model.js';
import type { Problems } from './problems.js';

/** Port maps that could be open at the same place, and adapters that lead nowhere. */
export function checkPortMaps(
  model: Pick<DeviceModel, 'ports' | 'networkInstances' | 'apps'>,
  problems: Problems,
): void {
  const instances = new Map(model.networkInstances.map((instance) => [instance.id, instance]));
  const taken = new Map<string, string>();
  model.apps.forEach((app, appIndex) => {
    app.interfaces.forEach((each, interfaceIndex) => {
      const field = `apps[${appIndex}].interfaces[${interfaceIndex}].acls`;
      checkInterface(model, app, each, instances.get(each.networkInstanceId), field, taken, problems);
    });
  });
}

function checkInterface(
  { ports }: Pick<DeviceModel, 'ports'>,
  app: App,
  { portMaps }: App['interfaces'][number],
  instance: NetworkInstance | undefined,
  field: string,
  taken: Map<string, string>,
  problems: Problems,
): void {
  const { portLabel } = instance ?? {};
  if (portLabel === undefined) return;
  const ofInstance = ports.filter(({ labels }) => labels.includes(portLabel));
  for (const { protocol, externalPort, adapterLabel } of portMaps) {
    const open = ofInstance.filter(({ labels }) => adapterLabel === undefined || labels.includes(adapterLabel));
    if (adapterLabel !== undefined && open.length === 0) {
      problems.add(field, `no port of the network instance has the adapter label ${JSON.stringify(adapterLabel)}`);
    }
    const clash = open.find(({ label }) => taken.has(`${label} ${protocol} ${externalPort}`));
    if (clash !== undefined) {
      const other = taken.get(`${clash.label} ${protocol} ${externalPort}`) ?? '';
      problems.add(field, `${protocol} port ${externalPort} on ${clash.label} is mapped to ${other} already`);
    }
    for (const { label } of open) taken.set(`${label} ${protocol} ${externalPort}`, `app ${JSON.stringify(app.name)}`);
  }
}
