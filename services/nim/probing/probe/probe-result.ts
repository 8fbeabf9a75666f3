import type { FailureKind } from '../../../../lib/decision/health/index.js';

/** What came of one attempt. `bytes`: sent and received, at IP level. */
export type ProbeResult =
  | {
      readonly kind: 'answered';
      /** Of the whole attempt, as a time limit would have to cover it: looking up the name included. */
      readonly latencyMs: number;
      /** Where it was reached. */
      readonly address: string;
      readonly bytes: number;
    }
  | {
      readonly kind: 'failed';
      readonly failure: FailureKind;
      readonly detail: string;
      /** Nothing at all came back, which a packet that was lost explains as well. */
      readonly silent: boolean;
      readonly bytes: number;
    };

/** A failure with its reason, on its way to becoming a result. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
  readonly failure: FailureKind;

  constructor(failure: FailureKind, detail: string) {
    super(detail);
    this.failure = failure;
  }
}
