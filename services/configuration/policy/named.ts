import type { DeviceModel } from '../model.js';
import type { Problems } from '../problems.js';

/**
 * The UUID of the network instance with this UUID (in either case) or display name, which no two share. Undefined where
 * there is none; that is then a problem.
 */
export function networkInstanceNamed(
  name: string,
  { networkInstances }: Pick<DeviceModel, 'networkInstances'>,
  field: string,
  problems: Problems,
): string | undefined {
  const found =
    networkInstances.find(({ id }) => id === name.toLowerCase()) ??
    networkInstances.find((instance) => instance.name === name);
  if (found === undefined) problems.add(field, `there is no network instance ${JSON.stringify(name)}`);
  return found?.id;
}
