import type { Operation } from '../plan/operations.js';

/** Where metrics attach. */
export interface Instrumentation {
  /**
   * Something was applied, since news of it came. `switch`: what moves traffic, the kernel has acknowledged it; `all`:
   * the tidying, too.
   */
  onApplied(part: 'switch' | 'all', tookMs: number): void;
  /** The kernel was not as it had been left. */
  onRepair(): void;
  onFailure(operation: Operation['kind']): void;
}

export const noInstrumentation: Instrumentation = {
  onApplied: () => undefined,
  onRepair: () => undefined,
  onFailure: () => undefined,
};
