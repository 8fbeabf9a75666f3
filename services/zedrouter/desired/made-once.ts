import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { Numbers } from './inputs.js';

/**
 * What follows from a configuration, the numbers that were given to what is in it, and the name services' directory;
 * made once for each, as long as the others stay the same.
 */
export function madeOnceNumbered<T>(
  make: (model: DeviceModel, numbers: Numbers, directory: string) => T,
): (model: DeviceModel, numbers: Numbers, directory?: string) => T {
  const made = new WeakMap<DeviceModel, { readonly numbers: Numbers; readonly directory: string; readonly value: T }>();
  return (model, numbers, directory = '') => {
    const known = made.get(model);
    if (known?.numbers === numbers && known.directory === directory) return known.value;
    const value = make(model, numbers, directory);
    made.set(model, { numbers, directory, value });
    return value;
  };
}
