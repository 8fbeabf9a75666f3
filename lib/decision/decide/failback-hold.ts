import { backoffMs } from '../../clock/index.js';

/**
 * A loss counts for an hour: six times the longest hold, so that a port which dies right after each return keeps its
 * longest hold, and one that had a bad morning is trusted again by noon.
 */
export const lossWindowMs = 3_600_000;

/** The hold doubles with each further loss within the window, up to 2^4 = 16 times: 30 s becomes 8 min. */
const doublingsMax = 4;

/** So many losses are worth remembering: the first makes the plain hold, four more the longest. */
export const lossesKept = doublingsMax + 1;

/** No hold grows beyond 10 min: a link that has been good for so long is worth its price difference. */
const grownHoldMaxMs = 600_000;

/**
 * How long a port must have been working before traffic goes back to it (docs/design.md#choice): `baseMs` after one
 * loss, twice that after two within the hour, and so on. Counted at the time it came back, so that the hold does not
 * change while it runs.
 */
export function failbackHoldMs(baseMs: number, workingSinceMs: number, lossesMs: readonly number[]): number {
  const recent = countRecentLosses(workingSinceMs, lossesMs);
  const attempt = Math.min(Math.max(recent - 1, 0), doublingsMax);
  return backoffMs({ firstMs: baseMs, mostMs: Math.max(baseMs, grownHoldMaxMs), attempt });
}

/** Losses within the hour before the port came back. */
export function countRecentLosses(workingSinceMs: number, lossesMs: readonly number[]): number {
  return lossesMs.filter((lossMs) => lossMs > workingSinceMs - lossWindowMs).length;
}
