import type { DeviceModel } from '../../../lib/configuration/index.js';
import { lastPer } from '../../../lib/once/index.js';
import type { Ids } from './inputs.js';

/**
 * What follows from a configuration, the ids that were allocated to what is in it, and the name services' directory;
 * made once for each, as long as the others stay the same.
 */
export function madeOnceWithIds<T>(
  make: (model: DeviceModel, ids: Ids, directory: string) => T,
): (model: DeviceModel, ids: Ids, directory?: string) => T {
  const made = lastPer(make);
  return (model, ids, directory = '') => made(model, ids, directory);
}
