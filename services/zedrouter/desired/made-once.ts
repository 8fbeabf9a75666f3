import type { DeviceModel } from '../../configuration/index.js';
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

/** What follows from a configuration and the numbers that were given to what is in it. */
export function madeOnceNumbered<T>(
  make: (model: DeviceModel, numbers: Numbers) => T,
): (model: DeviceModel, numbers: Numbers) => T {
  const made = new WeakMap<DeviceModel, { readonly numbers: Numbers; readonly value: T }>();
  return (model, numbers) => {
    const known = made.get(model);
    if (known?.numbers === numbers) return known.value;
    const value = make(model, numbers);
    made.set(model, { numbers, value });
    return value;
  };
}
