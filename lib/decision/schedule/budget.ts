/** A month here is 30 days (docs/design.md#byte-budget). */
export const MONTH_MS = 30 * 24 * 3_600_000;

/** What is saved up at most: enough for a bad day of suspect paths, not for a bad week. */
const SAVED_SHARE = 1 / 10;

/**
 * Doubts that have to be followed up may take this beyond a month's bytes, as a share of them: nobody shall stay on a
 * dead port to save some hundred bytes. At least so many bytes, for who has allowed nearly nothing must not be blind.
 */
const ALLOWANCE_SHARE = 1 / 4;
const ALLOWANCE_LEAST_BYTES = 100_000;

/** So much of the allowance is there at once, at the start, and again after calm times; the rest comes evenly. */
const ALLOWANCE_AT_ONCE_SHARE = 2 / 5;

/**
 * The bytes that tests of one port may take, as two buckets that fill evenly over the month: one for all tests, and an
 * allowance for followed doubts when the first is empty. Times are wall clock milliseconds: it outlives a boot.
 */
export interface Budget {
  readonly monthlyBytes: number;
  /** What is there; negative by what a test took more than was foreseen. */
  readonly savedBytes: number;
  /** What is there of the allowance. */
  readonly doubtBytes: number;
  readonly filledAtMs: number;
  /** For people: what has been spent since `monthBeganMs`, and before. */
  readonly spentBytes: number;
  readonly monthBeganMs: number;
}

/** What for: `calm`: because it is time; `doubt`: because something is not known to work that somebody depends on. */
export type SpendingPurpose = 'calm' | 'doubt';

/** Full buckets. */
export function newBudget(monthlyBytes: number, nowMs: number): Budget {
  return {
    monthlyBytes,
    savedBytes: monthlyBytes * SAVED_SHARE,
    doubtBytes: allowanceAtOnceBytes(monthlyBytes),
    filledAtMs: nowMs,
    spentBytes: 0,
    monthBeganMs: nowMs,
  };
}

/** What followed doubts may take in 30 days beyond a month's bytes. */
export function doubtAllowanceBytes(monthlyBytes: number): number {
  return Math.max(monthlyBytes * ALLOWANCE_SHARE, ALLOWANCE_LEAST_BYTES);
}

/**
 * No state of paths and no sequence of outcomes makes tests take more than this in the 30 days from a full budget on,
 * but for the last attempts: the month's bytes, what was saved, and the allowance.
 */
export function mostBytesInMonth(monthlyBytes: number): number {
  return monthlyBytes * (1 + SAVED_SHARE) + doubtAllowanceBytes(monthlyBytes);
}

function allowanceAtOnceBytes(monthlyBytes: number): number {
  return doubtAllowanceBytes(monthlyBytes) * ALLOWANCE_AT_ONCE_SHARE;
}

/** Bytes a millisecond by which the allowance fills. */
function allowanceRate(monthlyBytes: number): number {
  return (doubtAllowanceBytes(monthlyBytes) - allowanceAtOnceBytes(monthlyBytes)) / MONTH_MS;
}

/** The budget as it is now. A clock that went back fills nothing; one that jumped ahead at most fills it up. */
export function refill(budget: Budget, nowMs: number): Budget {
  const { monthlyBytes, savedBytes, doubtBytes, filledAtMs, monthBeganMs } = budget;
  const passedMs = Math.max(0, nowMs - filledAtMs);
  const savedNow = Math.min(savedBytes + (monthlyBytes * passedMs) / MONTH_MS, monthlyBytes * SAVED_SHARE);
  const doubtNow = Math.min(doubtBytes + allowanceRate(monthlyBytes) * passedMs, allowanceAtOnceBytes(monthlyBytes));
  const monthIsOver = nowMs - monthBeganMs >= MONTH_MS || nowMs < monthBeganMs;
  return {
    ...budget,
    savedBytes: savedNow,
    doubtBytes: doubtNow,
    filledAtMs: nowMs,
    ...(monthIsOver ? { spentBytes: 0, monthBeganMs: nowMs } : {}),
  };
}

/** The budget after a test has taken so many bytes. A doubt takes from the allowance what is not saved. */
export function spend(budget: Budget, bytes: number, nowMs: number, purpose: SpendingPurpose = 'calm'): Budget {
  const filled = refill(budget, nowMs);
  const spentBytes = filled.spentBytes + bytes;
  const fromSaved = purpose === 'calm' ? bytes : Math.min(bytes, Math.max(0, filled.savedBytes));
  return {
    ...filled,
    savedBytes: filled.savedBytes - fromSaved,
    doubtBytes: filled.doubtBytes - (bytes - fromSaved),
    spentBytes,
  };
}

/**
 * Another month's bytes from now on: what has been spent stays so, and the buckets are as full as they were, so that a
 * configuration that changes again and again makes nothing of nothing. What is overdrawn stays so.
 */
export function withMonthlyBytes(budget: Budget, monthlyBytes: number, nowMs: number): Budget {
  const filled = refill(budget, nowMs);
  const [before, full] = [newBudget(budget.monthlyBytes, nowMs), newBudget(monthlyBytes, nowMs)];
  const asFull = (bytes: number, beforeBytes: number, fullBytes: number): number =>
    bytes <= 0 ? bytes : beforeBytes === 0 ? fullBytes : (bytes / beforeBytes) * fullBytes;
  return {
    ...filled,
    monthlyBytes,
    savedBytes: asFull(filled.savedBytes, before.savedBytes, full.savedBytes),
    doubtBytes: asFull(filled.doubtBytes, before.doubtBytes, full.doubtBytes),
  };
}

/** `ample`: test as is best. `tight`: nothing is saved: only doubts are followed. `spent`: so is their allowance. */
export type BudgetState = 'ample' | 'tight' | 'spent';

/** What the budget permits now. */
export function budgetState(budget: Budget, nowMs: number): BudgetState {
  const { savedBytes, doubtBytes } = refill(budget, nowMs);
  if (savedBytes > 0) return 'ample';
  return doubtBytes > 0 ? 'tight' : 'spent';
}

/** How full the savings are, 0 to 1. */
export function savedShareOf(budget: Budget, nowMs: number): number {
  const mostBytes = budget.monthlyBytes * SAVED_SHARE;
  return mostBytes === 0 ? 0 : Math.min(Math.max(refill(budget, nowMs).savedBytes / mostBytes, 0), 1);
}

/** A wait that ends sooner is not worth a timer, and one that ends later may be ended by a clock that jumps. */
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_600_000;

/**
 * The one gate before every attempt: 0: it may begin; else for how many milliseconds it has to wait. `reservedBytes`:
 * what attempts that are under way may still take.
 */
export function admissionWaitMs(
  budget: Budget,
  purpose: SpendingPurpose,
  { bytes, reservedBytes }: { readonly bytes: number; readonly reservedBytes: number },
  nowMs: number,
): number {
  const { savedBytes, doubtBytes, monthlyBytes } = refill(budget, nowMs);
  const calm = purpose === 'calm';
  // What the allowance has been overdrawn by, savings have to make good first.
  const left = calm ? savedBytes : Math.max(0, savedBytes) + doubtBytes;
  if (left - reservedBytes > 0) return 0;
  const missingBytes = Math.max(0, reservedBytes + bytes - left);
  const waitMs = missingBytes / (calm ? monthlyBytes / MONTH_MS : allowanceRate(monthlyBytes));
  return Math.min(Math.max(waitMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}
