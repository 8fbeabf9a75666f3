import { describeUnusable, whyUnusable, type PortObservation } from './port-observation.js';
import type { PortTestFacts } from './snapshot.js';

/**
 * The test by link and address alone (docs/design.md#tests-of-a-port): a port with link and address works. Each reading
 * of the kernel is one test; the time of the other outcome is kept as history.
 */
export function testByAddress(before: PortTestFacts, observation: PortObservation, readAtMs: number): PortTestFacts {
  const unusable = whyUnusable(observation);
  return unusable === undefined
    ? { ...before, lastSucceededMs: readAtMs }
    : { ...before, lastFailedMs: readAtMs, lastError: describeUnusable(unusable) };
}
