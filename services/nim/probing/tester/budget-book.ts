import type { Clock } from '../../../../lib/clock/index.js';
import {
  budgetState,
  newBudget,
  refill,
  spend,
  type Budget,
  type BudgetState,
} from '../../../../lib/decision/schedule/index.js';

/** The budgets of all ports, by logical label. */
export class BudgetBook {
  readonly #clock: Clock;
  readonly #budgets: Map<string, Budget>;

  /** `kept`: what an earlier run has left. */
  constructor(clock: Clock, kept: ReadonlyMap<string, Budget> = new Map()) {
    this.#clock = clock;
    this.#budgets = new Map(kept);
  }

  /** What a port may spend in 30 days. A change keeps what has been spent. */
  allow(label: string, monthlyBytes: number): void {
    const nowMs = this.#clock.wallMs();
    const known = this.#budgets.get(label);
    if (known?.monthlyBytes === monthlyBytes) return;
    const fresh = newBudget(monthlyBytes, nowMs);
    this.#budgets.set(
      label,
      known === undefined ? fresh : { ...refill(known, nowMs), monthlyBytes, savedBytes: fresh.savedBytes },
    );
  }

  spend(label: string, bytes: number): void {
    const budget = this.#budgets.get(label);
    if (budget !== undefined) this.#budgets.set(label, spend(budget, bytes, this.#clock.wallMs()));
  }

  /** A port that was allowed nothing in particular may spend. */
  state(label: string): BudgetState {
    const budget = this.#budgets.get(label);
    return budget === undefined ? 'ample' : budgetState(budget, this.#clock.wallMs());
  }

  /** As it is now; undefined where the port has none. */
  of(label: string): Budget | undefined {
    const budget = this.#budgets.get(label);
    return budget === undefined ? undefined : refill(budget, this.#clock.wallMs());
  }

  /** Everything, to be kept over a restart. */
  all(): ReadonlyMap<string, Budget> {
    return new Map(this.#budgets);
  }
}
