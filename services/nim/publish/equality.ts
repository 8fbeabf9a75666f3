/** Fields that change without anything having changed: times of tests that went as the one before, and the stamp. */
const ignored: ReadonlySet<string> = new Set(['revision', 'lastSucceeded', 'lastFailed', 'selectedSince']);

/**
 * Deep equality of messages but for the times in them. A port that is found to work again and again makes no news; and
 * a time that is computed anew from a wall clock that was set differs by itself.
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
  return keys.every((key) => ignored.has(key) || equalButForTimes(left[key], right[key]));
}
