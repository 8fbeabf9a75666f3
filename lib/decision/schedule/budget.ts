/** A month here is 30 days (docs/design.md#byte-budget). */
export const monthMs = 30 * 24 * 3_600_000;

/** What is saved up at most: enough for a bad day of suspect paths, not for a bad week. */
const savedShare = 1 / 10;

/** What a port may be in debt before it counts as spent, as a share of a month's bytes. */
const overdraftShare = 1 / 10;

/**
 * The bytes that tests of one port may take, as a bucket that fills evenly over the month. Times are wall clock
 * milliseconds: it outlives a boot.
 */
export interface Budget {
  readonly monthlyBytes: number;
  /** What is there; negative where suspect paths have overdrawn it. */
  readonly savedBytes: number;
  readonly filledAtMs: number;
  /** For people: what has been spent since `monthBeganMs`, and before. */
  readonly spentBytes: number;
  readonly monthBeganMs: number;
}

/** A full bucket. */
export function newBudget(monthlyBytes: number, nowMs: number): Budget {
  return {
    monthlyBytes,
    savedBytes: monthlyBytes * savedShare,
    filledAtMs: nowMs,
    spentBytes: 0,
    monthBeganMs: nowMs,
  };
}

/** The budget as it is now. A clock that went back fills nothing; one that jumped ahead at most fills it up. */
export function refill(budget: Budget, nowMs: number): Budget {
  const { monthlyBytes, savedBytes, filledAtMs, monthBeganMs } = budget;
  const passedMs = Math.max(0, nowMs - filledAtMs);
  const savedNow = Math.min(savedBytes + (monthlyBytes * passedMs) / monthMs, monthlyBytes * savedShare);
  const monthIsOver = nowMs - monthBeganMs >= monthMs || nowMs < monthBeganMs;
  return {
    ...budget,
    savedBytes: savedNow,
    filledAtMs: nowMs,
    ...(monthIsOver ? { spentBytes: 0, monthBeganMs: nowMs } : {}),
  };
}

/** The budget after a test has taken so many bytes. */
export function spend(budget: Budget, bytes: number, nowMs: number): Budget {
  const filled = refill(budget, nowMs);
  return { ...filled, savedBytes: filled.savedBytes - bytes, spentBytes: filled.spentBytes + bytes };
}

/**
 * `ample`: test as is best. `tight`: nothing is saved, so calm tests wait. `spent`: even the overdraft is gone; what
 * does not work is asked once an hour, and what somebody depends on when it is suspect.
 */
export type BudgetState = 'ample' | 'tight' | 'spent';

/** What the budget permits now. */
export function budgetState(budget: Budget, nowMs: number): BudgetState {
  const { savedBytes, monthlyBytes } = refill(budget, nowMs);
  if (savedBytes > 0) return 'ample';
  return savedBytes > -monthlyBytes * overdraftShare ? 'tight' : 'spent';
}
