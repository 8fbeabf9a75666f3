import { ACEDirection } from '../../gen/config/fw.js';
import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { oncePer } from '../once/index.js';
import type { Sliced } from '../slices/index.js';
import { isActiveSwitch } from '../configuration/index.js';
import type {
  AccessEntry,
  App,
  AppInterface,
  DeviceModel,
  LocalNetwork,
  NetworkInstance,
  Problem,
} from '../configuration/index.js';

const ALLOW_ALL = '{"id": 1, "matches": [{"type": "ip", "value": "0.0.0.0/0"}]}';

/**
 * What is in order in the access lists of a configuration and may not be what was meant, by the field that says it.
 * `model`: what the configuration means.
 */
export function* accessNotices(config: EdgeDevConfig, model: DeviceModel): Sliced<readonly Problem[]> {
  const instances = new Map(model.networkInstances.map((instance) => [instance.id, instance]));
  const notices: Problem[] = [];
  for (const [appIndex, app] of model.apps.entries()) {
    for (const [index, appInterface] of app.interfaces.entries()) {
      const instance = instances.get(appInterface.networkInstanceId);
      if (instance === undefined || (instance.network === undefined && !isActiveSwitch(instance))) continue;
      const field = `apps[${appIndex}].interfaces[${index}].acls`;
      const given = config.apps[appIndex]?.interfaces[index]?.acls ?? [];
      for (const notice of noticesOfList(app, appInterface, field)) notices.push(notice);
      for (const [position, entry] of appInterface.accessList.entries()) {
        for (const notice of noticesOfEntry(entry, instance, model, `${field}[${position}]`)) notices.push(notice);
        if (entry.portMap === undefined || given[position]?.dir !== ACEDirection.EGRESS) continue;
        const description = 'a port map is for what comes in, whatever this says';
        notices.push({ field: `${field}[${position}].dir`, description });
      }
      yield;
    }
  }
  return notices;
}

function noticesOfList({ name }: App, { accessList }: AppInterface, field: string): readonly Problem[] {
  if (accessList.length === 0) {
    return [
      {
        field,
        description:
          `no entries: ${name} reaches nothing, and nothing reaches it, by this interface; ` +
          `an entry ${ALLOW_ALL} allows everything`,
      },
    ];
  }
  if (!accessList.every(({ portMap }) => portMap !== undefined)) return [];
  return [
    {
      field,
      description:
        `port maps only: ${name} answers what comes in by them and begins nothing itself by this interface; ` +
        `an entry ${ALLOW_ALL} allows everything`,
    },
  ];
}

function noticesOfEntry(
  { id, remoteNetwork, remoteName, adapterLabel, portMap }: AccessEntry,
  instance: NetworkInstance,
  { ports }: DeviceModel,
  field: string,
): readonly Problem[] {
  const { name, network } = instance;
  const notices: Problem[] = [];
  if (id === 0) notices.push({ field: `${field}.id`, description: 'no id: the entry is counted by its place' });
  if (remoteNetwork === 'ipv6' && !isActiveSwitch(instance)) {
    notices.push({ field, description: `matches nothing: ${name} carries IPv4 only` });
  }
  const fixed = network === undefined || remoteName === undefined ? undefined : namesBelow(network).get(remoteName);
  if (fixed !== undefined) {
    notices.push({
      field,
      description: `does not match ${fixed}, a static DNS entry of ${name}: a match of type eidset does`,
    });
  }
  const isOfNoPort = !ports.some(({ labels }) => labels.includes(adapterLabel ?? ''));
  if (adapterLabel !== undefined && portMap === undefined && isOfNoPort) {
    notices.push({ field, description: `matches nothing: no port has the label ${JSON.stringify(adapterLabel)}` });
  }
  return notices;
}

/** The first static DNS entry at or below each name: there may be as many entries as entries of access lists. */
const namesBelow = oncePer(({ staticDnsEntries }: LocalNetwork): ReadonlyMap<string, string> => {
  const below = new Map<string, string>();
  for (const { hostName } of staticDnsEntries) {
    const labels = hostName.toLowerCase().split('.');
    labels.forEach((_label, index) => {
      const top = labels.slice(index).join('.');
      if (!below.has(top)) below.set(top, hostName);
    });
  }
  return below;
});
