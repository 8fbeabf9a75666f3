import type { Decision } from '../../../lib/decision/decide/index.js';
import type { ManagerEvent } from '../events/index.js';
import type { NetworkSnapshot } from '../../../lib/decision/snapshot/index.js';

/** What made NIM decide, and the monotonic time when it was heard of. */
export interface Trigger {
  /** `hold`: a failback hold, or something else that waited for its time, has ended. */
  readonly kind: 'kernel' | 'test' | 'configuration' | 'hold';
  readonly atMs: number;
}

/** A decision, what it was made from, and how long it took. */
export interface MeasuredDecision {
  readonly snapshot: NetworkSnapshot;
  readonly decision: Decision;
  readonly trigger: Trigger;
  /** To decide and to publish. */
  readonly tookMs: number;
  /** Monotonic time at which the streams had it. */
  readonly publishedAtMs: number;
}

export type SelectionChange = Extract<ManagerEvent, { kind: 'selection-changed' }>;

/** Where metrics attach. Called after the streams have got what they wait for. */
export interface Instrumentation {
  onDecision(measured: MeasuredDecision): void;
  /** One of the changes that this decision made. */
  onSelectionChanged(change: SelectionChange, measured: MeasuredDecision): void;
}

export const noInstrumentation: Instrumentation = {
  onDecision: () => undefined,
  onSelectionChanged: () => undefined,
};
