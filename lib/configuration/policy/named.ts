import type { NetworkInstance, Port } from '../model.js';
import type { Problems } from '../problems.js';

/** The things of a device that a policy can name; a DeviceModel is one. */
export interface Named {
  readonly ports: readonly Pick<Port, 'label'>[];
  readonly networkInstances: readonly Pick<NetworkInstance, 'id' | 'name'>[];
}

/**
 * The UUID of the network instance with this UUID (in either case) or display name, which no two share. Undefined where
 * there is none; that is then a problem.
 */
export function networkInstanceNamed(
  name: string,
  { networkInstances }: Pick<Named, 'networkInstances'>,
  field: string,
  problems: Problems,
): string | undefined {
  const found =
    networkInstances.find(({ id }) => id === name.toLowerCase()) ??
    networkInstances.find((instance) => instance.name === name);
  if (found === undefined) problems.add(field, `there is no network instance ${JSON.stringify(name)}`);
  return found?.id;
}
