import { describe, expect, it } from '@jest/globals';

import { budgetState, doubtAllowanceBytes, monthMs, newBudget, refill, spend } from './budget.js';

const monthly = 5e6;
const startMs = Date.UTC(2026, 0, 1);

describe('a budget', () => {
  it('is ample at first, tight when its savings are gone, and ample again with time', () => {
    const fresh = newBudget(monthly, startMs);
    expect(budgetState(fresh, startMs)).toBe('ample');
    const overdrawn = spend(fresh, monthly / 10 + 1_000, startMs);
    expect(budgetState(overdrawn, startMs)).toBe('tight');
    expect(budgetState(overdrawn, startMs + (monthMs * 1_001) / monthly)).toBe('ample');
  });

  it('is spent when even the allowance for doubts is gone', () => {
    const allBytes = monthly / 10 + doubtAllowanceBytes(monthly);
    expect(budgetState(spend(newBudget(monthly, startMs), allBytes, startMs, 'doubt'), startMs)).toBe('spent');
    // What is not a doubt does not take from the allowance.
    expect(budgetState(spend(newBudget(monthly, startMs), allBytes, startMs), startMs)).toBe('tight');
  });

  it('permits in a month what it says, and a saved tenth at most beyond it', () => {
    let budget = newBudget(monthly, startMs);
    let spent = 0;
    for (let nowMs = startMs; nowMs < startMs + monthMs; nowMs += 60_000) {
      while (budgetState(budget, nowMs) === 'ample') {
        budget = spend(budget, 500, nowMs);
        spent += 500;
      }
    }
    expect(spent).toBeGreaterThan(monthly);
    expect(spent).toBeLessThan(monthly * 1.1 + 1_000);
  });

  it('counts what was spent in this month', () => {
    const budget = spend(spend(newBudget(monthly, startMs), 300, startMs), 200, startMs + 1000);
    expect(budget.spentBytes).toBe(500);
    expect(refill(budget, startMs + monthMs).spentBytes).toBe(0);
  });

  it('is not filled by a clock that goes back, and filled once by one that jumps', () => {
    const empty = spend(newBudget(monthly, startMs), monthly / 10, startMs);
    const back = refill(empty, startMs - monthMs);
    expect(back.savedBytes).toBe(0);
    expect(refill(refill(empty, startMs + 100 * monthMs), startMs).savedBytes).toBe(monthly / 10);
  });
});
