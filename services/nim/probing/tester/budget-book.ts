import type { Clock } from '../../../../lib/clock/index.js';
import {
  admissionWaitMs,
  budgetState,
  newBudget,
  refill,
  savedShareOf,
  spend,
  withMonthlyBytes,
  type Budget,
  type BudgetState,
  type SpendingPurpose,
} from '../../../../lib/decision/schedule/index.js';

/** The budgets of all ports, by logical label. */
export class BudgetBook {
  readonly #clock: Clock;
  readonly #budgets: Map<string, Budget>;
  /** What attempts under way may still take. */
  readonly #reserved = new Map<string, number>();

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
    this.#budgets.set(
      label,
      known === undefined ? newBudget(monthlyBytes, nowMs) : withMonthlyBytes(known, monthlyBytes, nowMs),
    );
  }

  /**
   * The gate that every attempt passes: 0: it may begin, and its bytes are reserved until `settle`; else for how many
   * milliseconds it has to wait.
   */
  admit(label: string, purpose: SpendingPurpose, bytes: number): number {
    const budget = this.#budgets.get(label);
    const reservedBytes = this.#reserved.get(label) ?? 0;
    const waitMs =
      budget === undefined ? 0 : admissionWaitMs(budget, purpose, { bytes, reservedBytes }, this.#clock.wallMs());
    if (waitMs === 0) this.reserve(label, bytes);
    return waitMs;
  }

  /** Reserves bytes whatever is left: a person asks. */
  reserve(label: string, bytes: number): void {
    this.#reserved.set(label, (this.#reserved.get(label) ?? 0) + bytes);
  }

  /** An attempt is over for which so much was reserved. */
  settle(label: string, purpose: SpendingPurpose, reservedBytes: number, bytes: number): void {
    this.#reserved.set(label, Math.max(0, (this.#reserved.get(label) ?? 0) - reservedBytes));
    const budget = this.#budgets.get(label);
    if (budget !== undefined) this.#budgets.set(label, spend(budget, bytes, this.#clock.wallMs(), purpose));
  }

  /** How full the savings are, 0 to 1. */
  savedShare(label: string): number {
    const budget = this.#budgets.get(label);
    return budget === undefined ? 1 : savedShareOf(budget, this.#clock.wallMs());
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
