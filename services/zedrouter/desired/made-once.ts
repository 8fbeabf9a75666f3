import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { Ids } from './inputs.js';

/**
 * What follows from a configuration, the ids that were allocated to what is in it, and the name services' directory;
 * made once for each, as long as the others stay the same.
 */
export function madeOnceWithIds<T>(
  make: (model: DeviceModel, ids: Ids, directory: string) => T,
): (model: DeviceModel, ids: Ids, directory?: string) => T {
  const made = new WeakMap<DeviceModel, { readonly ids: Ids; readonly directory: string; readonly value: T }>();
  return (model, ids, directory = '') => {
    const known = made.get(model);
    if (known?.ids === ids && known.directory === directory) return known.value;
    const value = make(model, ids, directory);
    made.set(model, { ids, directory, value });
    return value;
  };
}
