import { healthOf } from '../health/index.js';
import type { NetworkSnapshot } from '../snapshot/index.js';
import type { ProfileTarget } from './test-profile.js';

/** Whether a target is out of order itself. */
export type IsOutOfOrder = (target: ProfileTarget) => boolean;

/** Nobody looks at other ports. */
export const allInOrder: IsOutOfOrder = () => false;

/**
 * A target is out of order that fails over every port where it is tested: no port is to blame for that. With a single
 * port it is not known which of the two it is.
 */
export function targetOutages(
  snapshot: NetworkSnapshot,
  usableSince: (label: string) => number | undefined,
): IsOutOfOrder {
  const known = new Map<string, boolean>();
  return ({ targetKey, settings }) => {
    const key = `${targetKey} ${JSON.stringify(settings)}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const states = [...snapshot.ports].flatMap(([label, facts]) => {
      const record = facts.targets?.get(targetKey);
      const sinceMs = usableSince(label);
      if (record === undefined || sinceMs === undefined) return [];
      const { trafficAnsweredMs: answeredMs, tcpAnsweredMs } = facts;
      return [healthOf(record, settings, sinceMs, { answeredMs, tcpAnsweredMs }).state];
    });
    const isOut = states.length > 1 && states.every((state) => state === 'failing');
    known.set(key, isOut);
    return isOut;
  };
}
