import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { Numbers } from './inputs.js';

/** What follows from a configuration alone, made once for each. The answer must not be changed. */
export function madeOnce<T>(make: (model: DeviceModel) => T): (model: DeviceModel) => T {
  const made = new WeakMap<DeviceModel, { readonly value: T }>();
  return (model) => {
    const known = made.get(model);
    if (known !== undefined) return known.value;
    const value = make(model);
    made.set(model, { value });
    return value;
  };
}

/**
 * What follows from a configuration, the numbers that were given to what is in it, and the name services' directory; made
 * once for each, as long as the others stay the same.
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
