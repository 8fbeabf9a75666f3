import type { Decision } from './decide/index.js';
import type { Happening } from './events/index.js';

/** Where metrics attach. Called after the streams have got what they wait for. */
export interface Instrumentation {
  onDecision(measured: { readonly decision: Decision; readonly tookMs: number }): void;
  onSelectionChanged(change: Extract<Happening, { kind: 'selection-changed' }>): void;
}

export const noInstrumentation: Instrumentation = {
  onDecision: () => undefined,
  onSelectionChanged: () => undefined,
};
