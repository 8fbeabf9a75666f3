import type { DeviceModel } from '../../../lib/configuration/index.js';
import { addressNumber } from '../desired/ipv4.js';
import type { Numbers } from '../desired/inputs.js';
import { appInterfaceKey, attachedInterfaces, localInstances, type LocalInstance } from '../desired/local-instances.js';
import type { AttachedInterface } from '../desired/local-instances.js';
import { MAX_NI_NUMBER, MAX_PORT_NUMBER } from '../../../lib/dataplane-layout/index.js';
import { number, sameNumbering, type Numbering } from '../desired/id-allocator.js';

export const NO_NUMBERS: Numbers = { ports: new Map(), networkInstances: new Map(), appAddresses: new Map() };

/**
 * Numbers for everything in the configuration, kept where `previous` has one. The same object where nothing changes.
 */
export function numbersFor(model: DeviceModel, previous: Numbers): Numbers {
  const instances = localInstances(model);
  const numbers: Numbers = {
    ports: number(
      previous.ports,
      model.ports.map(({ label }) => label),
      { first: 1, last: MAX_PORT_NUMBER },
    ),
    networkInstances: number(
      previous.networkInstances,
      instances.map(({ id }) => id),
      { first: 1, last: MAX_NI_NUMBER },
    ),
    appAddresses: appAddresses(model, instances, previous.appAddresses),
  };
  const same =
    sameNumbering(numbers.ports, previous.ports) &&
    sameNumbering(numbers.networkInstances, previous.networkInstances) &&
    sameNumbering(numbers.appAddresses, previous.appAddresses);
  return same ? previous : numbers;
}

function appAddresses(model: DeviceModel, instances: readonly LocalInstance[], previous: Numbering): Numbering {
  const attached = attachedInterfaces(model);
  return new Map(
    instances.flatMap((instance) => [...addressesIn(instance, attached.get(instance.id) ?? [], previous)]),
  );
}

/** Configured addresses as they are; the other interfaces get the lowest that is free in the range. */
function addressesIn(
  { network }: LocalInstance,
  attached: readonly AttachedInterface[],
  previous: Numbering,
): Numbering {
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
  return new Map([...fixed, ...number(previous, floating, range, reserved)]);
}

/** The form in which numbers are kept on disk. */
export function numbersToJson({ ports, networkInstances, appAddresses: addresses }: Numbers): string {
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

/** Reads what `numbersToJson` wrote. Throws where it is anything else. */
export function numbersFromJson(text: string): Numbers {
  const parsed: unknown = JSON.parse(text);
  return {
    ports: numberingIn(parsed, 'ports'),
    networkInstances: numberingIn(parsed, 'networkInstances'),
    appAddresses: numberingIn(parsed, 'appAddresses'),
  };
}

function numberingIn(parsed: unknown, name: string): Numbering {
  if (typeof parsed !== 'object' || parsed === null) throw new Error('numbers are not an object');
  const entries: unknown = Reflect.get(parsed, name);
  if (typeof entries !== 'object' || entries === null) throw new Error(`numbers lack ${name}`);
  return new Map(
    Object.entries(entries).map(([key, value]: [string, unknown]) => {
      if (typeof value !== 'number' || !Number.isInteger(value)) throw new Error(`${name}.${key} is not a number`);
      return [key, value];
    }),
  );
}
