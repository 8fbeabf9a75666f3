import { isActiveSwitch, type DeviceModel } from '../../../lib/configuration/index.js';
import { addressNumber } from '../../../lib/ipv4/index.js';
import type { Ids } from '../desired/inputs.js';
import { appInterfaceKey, attachedInterfaces, localInstances, type LocalInstance } from '../desired/local-instances.js';
import type { AttachedInterface } from '../desired/local-instances.js';
import { MAX_NI_NUMBER, MAX_PORT_NUMBER } from '../../../lib/dataplane-layout/index.js';
import { allocateIds, sameIds, type IdMap } from '../desired/id-allocator.js';

export const NO_IDS: Ids = { ports: new Map(), networkInstances: new Map(), appAddresses: new Map() };

/**
 * Ids for everything in the configuration, kept where `previous` has one. The same object where nothing changes.
 * `taken`: numbers that no network instance may have.
 */
export function idsFor(model: DeviceModel, previous: Ids, taken: ReadonlySet<number> = new Set()): Ids {
  const instances = localInstances(model);
  const switches = model.networkInstances.filter(isActiveSwitch);
  const ids: Ids = {
    ports: allocateIds(
      previous.ports,
      model.ports.map(({ label }) => label),
      { first: 1, last: MAX_PORT_NUMBER },
    ),
    networkInstances: allocateIds(
      previous.networkInstances,
      [...instances, ...switches].map(({ id }) => id),
      { first: 1, last: MAX_NI_NUMBER },
      taken,
    ),
    appAddresses: appAddresses(model, instances, previous.appAddresses),
  };
  const same =
    sameIds(ids.ports, previous.ports) &&
    sameIds(ids.networkInstances, previous.networkInstances) &&
    sameIds(ids.appAddresses, previous.appAddresses);
  return same ? previous : ids;
}

function appAddresses(model: DeviceModel, instances: readonly LocalInstance[], previous: IdMap): IdMap {
  const attached = attachedInterfaces(model);
  return new Map(
    instances.flatMap((instance) => [...addressesIn(instance, attached.get(instance.id) ?? [], previous)]),
  );
}

/** Configured addresses as they are; the other interfaces get the lowest that is free in the range. */
function addressesIn({ network }: LocalInstance, attached: readonly AttachedInterface[], previous: IdMap): IdMap {
  const fixed = new Map<string, number>();
  const floating: string[] = [];
  for (const each of attached) {
    const key = appInterfaceKey(each);
    const { address } = each.appInterface;
    if (address === undefined) floating.push(key);
    else fixed.set(key, addressNumber(address));
  }
  const reserved = new Set([...fixed.values(), addressNumber(network.gateway)]);
  const range = { first: addressNumber(network.dhcpRange.first), last: addressNumber(network.dhcpRange.last) };
  return new Map([...fixed, ...allocateIds(previous, floating, range, reserved)]);
}

/** The form in which ids are kept on disk. */
export function idsToJson({ ports, networkInstances, appAddresses: addresses }: Ids): string {
  return JSON.stringify(
    {
      ports: Object.fromEntries(ports),
      networkInstances: Object.fromEntries(networkInstances),
      appAddresses: Object.fromEntries(addresses),
    },
    undefined,
    2,
  );
}

/** Reads what `idsToJson` wrote. Throws where it is anything else. */
export function idsFromJson(text: string): Ids {
  const parsed: unknown = JSON.parse(text);
  return {
    ports: idMapIn(parsed, 'ports'),
    networkInstances: idMapIn(parsed, 'networkInstances'),
    appAddresses: idMapIn(parsed, 'appAddresses'),
  };
}

function idMapIn(parsed: unknown, name: string): IdMap {
  if (typeof parsed !== 'object' || parsed === null) throw new Error('ids are not an object');
  const entries: unknown = Reflect.get(parsed, name);
  if (typeof entries !== 'object' || entries === null) throw new Error(`ids lack ${name}`);
  return new Map(
    Object.entries(entries).map(([key, value]: [string, unknown]) => {
      if (typeof value !== 'number' || !Number.isInteger(value)) throw new Error(`${name}.${key} is not a number`);
      return [key, value];
    }),
  );
}
