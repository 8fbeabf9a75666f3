import { PortTestState } from '../../../gen/evecommon/uplink.js';

/** Fields that change without anything having changed: of tests that went as the one before, and the stamp. */
const ignored: ReadonlySet<string> = new Set([
  ...['revision', 'lastSucceeded', 'lastFailed', 'selectedSince', 'latency', 'attempts', 'answers'],
  // A packet that is lost now and then is no news either.
  ...['inDoubt', 'testBudget'],
]);

/** What the last failure was is of interest while it has not been made good. */
const ofFailures: ReadonlySet<string> = new Set(['lastFailure', 'lastError']);

/**
 * Deep equality of messages but for what tests leave behind in them. A port that is found to work again and again makes
 * no news; and a time that is computed anew from a wall clock that was set differs by itself.
 */
export function equalButForTimes(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, position) => equalButForTimes(item, b[position]))
    );
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const works = left.testState === PortTestState.PORT_TEST_STATE_WORKING;
  return keys.every(
    (key) => ignored.has(key) || (works && ofFailures.has(key)) || equalButForTimes(left[key], right[key]),
  );
}
