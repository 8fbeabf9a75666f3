import type { TestProfile } from './test-profile.js';

/** A time during which a port did not work by one profile. Monotonic milliseconds. */
export interface Loss {
  /** When it was seen to work no more. */
  readonly lostMs: number;
  /** Since when it works again; undefined: not yet. */
  readonly backMs: number | undefined;
}

/** How long a port that works again keeps traffic waiting, and what makes it so long. */
export interface FailbackHold {
  readonly holdMs: number;
  /** How long it was away; undefined: nobody knows, or it was never lost. */
  readonly outageMs: number | undefined;
  /** Losses within the hour before it came back. */
  readonly recentLosses: number;
}

/**
 * A loss counts for an hour: six times the longest hold, so that a port which dies right after each return keeps its
 * longest hold, and one that had a bad morning is trusted again by noon.
 */
const LOSS_WINDOW_MS = 3_600_000;

/** The configured hold doubles with each further loss within the window, up to 2^4 = 16 times: 30 s becomes 8 min. */
const DOUBLINGS_MAX = 4;

/** No hold grows beyond 10 min: a link that has been good for so long is worth its price difference. */
const GROWN_HOLD_MAX_MS = 600_000;

/**
 * So many losses are worth remembering: from the shortest hold of 1 s, nine doublings reach the longest of 8 min, and
 * the first loss doubles nothing.
 */
export const LOSSES_KEPT = 10;

/**
 * A port that was away for a second may well go again within the next few: it has to work for three times as long. An
 * outage of 10 s reaches the default hold.
 */
const OUTAGES_TO_WAIT = 3;

/**
 * The least hold. Where a target has answered anew, that is the proof, and a second keeps a carrier that bounces from
 * being followed. Where link and address must do, what is behind them may need a while: the port of a switch forwards
 * after 3 s or so when it is not told that a host is there (IEEE 802.1D-2004, 17.14: MigrateTime).
 */
const leastHoldMs: Readonly<Record<TestProfile['kind'], number>> = {
  target: 1_000,
  address: 5_000,
  link: 5_000,
};

/**
 * How long a port must have been working before traffic goes back to it (docs/design.md#choice): three times as long as
 * it was away, at least until it is proved and at most `baseMs` (`failback_hold`); doubled for each earlier loss within
 * the hour, at most to what `baseMs` itself doubles to, 16 times. Where nobody knows how long it was away: `baseMs`.
 * Losses are counted at the time it came back, so that the hold does not change while it runs.
 *
 * `losses`: oldest first.
 */
export function failbackHold(
  baseMs: number,
  profileKind: TestProfile['kind'],
  workingSinceMs: number,
  losses: readonly Loss[],
): FailbackHold {
  const holdFor = (outageMs: number, recentLosses: number): number => {
    const onceMs = Math.min(Math.max(OUTAGES_TO_WAIT * outageMs, leastHoldMs[profileKind]), baseMs);
    return Math.min(onceMs * 2 ** (recentLosses - 1), longestHoldMs(baseMs, recentLosses));
  };
  const recentLosses = countRecentLosses(workingSinceMs, losses);
  if (losses.at(-1)?.backMs !== workingSinceMs || recentLosses === 0) {
    return { holdMs: longestHoldMs(baseMs, recentLosses), outageMs: undefined, recentLosses };
  }
  let awaySinceMs = -Infinity;
  let trustedFromMs = -Infinity;
  let outageMs = 0;
  for (const [position, { lostMs, backMs = workingSinceMs }] of losses.entries()) {
    // Who goes away again before anybody has trusted him has never come back.
    if (lostMs >= trustedFromMs) awaySinceMs = lostMs;
    outageMs = backMs - awaySinceMs;
    trustedFromMs = backMs + holdFor(outageMs, countRecentLosses(backMs, losses.slice(0, position + 1)));
  }
  return { holdMs: holdFor(outageMs, recentLosses), outageMs, recentLosses };
}

/** `baseMs` after one loss, twice that after two, and so on. */
function longestHoldMs(baseMs: number, recentLosses: number): number {
  const doublings = Math.min(Math.max(recentLosses - 1, 0), DOUBLINGS_MAX);
  return Math.min(baseMs * 2 ** doublings, Math.max(baseMs, GROWN_HOLD_MAX_MS));
}

/** Losses within the hour before the port came back. */
function countRecentLosses(backMs: number, losses: readonly Loss[]): number {
  return losses.filter(({ lostMs }) => lostMs > backMs - LOSS_WINDOW_MS).length;
}
