import { describe, expect, it } from '@jest/globals';

import {
  admissionWaitMs,
  budgetState,
  doubtAllowanceBytes,
  MONTH_MS,
  newBudget,
  refill,
  spend,
  withMonthlyBytes,
} from './budget.js';

const MONTHLY = 5e6;
const START_MS = Date.UTC(2026, 0, 1);

describe('a budget', () => {
  it('is ample at first, tight when its savings are gone, and ample again with time', () => {
    const fresh = newBudget(MONTHLY, START_MS);
    expect(budgetState(fresh, START_MS)).toBe('ample');
    const overdrawn = spend(fresh, MONTHLY / 10 + 1_000, START_MS);
    expect(budgetState(overdrawn, START_MS)).toBe('tight');
    expect(budgetState(overdrawn, START_MS + (MONTH_MS * 1_001) / MONTHLY)).toBe('ample');
  });

  it('is spent when even the allowance for doubts is gone', () => {
    const allBytes = MONTHLY / 10 + doubtAllowanceBytes(MONTHLY);
    expect(budgetState(spend(newBudget(MONTHLY, START_MS), allBytes, START_MS, 'doubt'), START_MS)).toBe('spent');
    // What is not a doubt does not take from the allowance.
    expect(budgetState(spend(newBudget(MONTHLY, START_MS), allBytes, START_MS), START_MS)).toBe('tight');
  });

  it('permits in a month what it says, and a saved tenth at most beyond it', () => {
    let budget = newBudget(MONTHLY, START_MS);
    let spent = 0;
    for (let nowMs = START_MS; nowMs < START_MS + MONTH_MS; nowMs += 60_000) {
      while (budgetState(budget, nowMs) === 'ample') {
        budget = spend(budget, 500, nowMs);
        spent += 500;
      }
    }
    expect(spent).toBeGreaterThan(MONTHLY);
    expect(spent).toBeLessThan(MONTHLY * 1.1 + 1_000);
  });

  it('counts what was spent in this month', () => {
    const budget = spend(spend(newBudget(MONTHLY, START_MS), 300, START_MS), 200, START_MS + 1000);
    expect(budget.spentBytes).toBe(500);
    expect(refill(budget, START_MS + MONTH_MS).spentBytes).toBe(0);
  });

  it('is not filled by a clock that goes back, and filled once by one that jumps', () => {
    const empty = spend(newBudget(MONTHLY, START_MS), MONTHLY / 10, START_MS);
    const back = refill(empty, START_MS - MONTH_MS);
    expect(back.savedBytes).toBe(0);
    expect(refill(refill(empty, START_MS + 100 * MONTH_MS), START_MS).savedBytes).toBe(MONTHLY / 10);
  });

  it('lets no doubt begin on a trickle of savings when the allowance is overdrawn', () => {
    const allBytes = MONTHLY / 10 + doubtAllowanceBytes(MONTHLY);
    const overdrawn = spend(newBudget(MONTHLY, START_MS), allBytes, START_MS, 'doubt');
    const laterMs = START_MS + 60_000;
    expect(budgetState(overdrawn, laterMs)).toBe('ample');
    expect(admissionWaitMs(overdrawn, 'doubt', { bytes: 56, reservedBytes: 0 }, laterMs)).toBeGreaterThan(0);
  });

  it.each([
    { what: 'full', spentBytes: 0, share: 1 },
    { what: 'half full', spentBytes: MONTHLY / 20, share: 1 / 2 },
    { what: 'empty', spentBytes: MONTHLY / 10, share: 0 },
  ])('that is $what stays so with another number of bytes', ({ spentBytes, share }) => {
    const budget = spend(newBudget(MONTHLY, START_MS), spentBytes, START_MS);
    for (const monthlyBytes of [MONTHLY / 4, MONTHLY * 4]) {
      const changed = withMonthlyBytes(budget, monthlyBytes, START_MS);
      expect(changed).toMatchObject({ monthlyBytes, spentBytes, savedBytes: (monthlyBytes / 10) * share });
      expect(withMonthlyBytes(changed, MONTHLY, START_MS).savedBytes).toBe(budget.savedBytes);
    }
  });
});
