import type { ProbeKind } from '../../../../lib/decision/health/index.js';
import type { ProbeResult } from '../probe/index.js';
import type { TestAssignment, TestedPort } from './assignment.js';

/** One attempt that is to be made. */
export interface Attempt {
  readonly port: TestedPort;
  readonly assignment: TestAssignment;
  readonly probeKind: ProbeKind;
  /** How long to wait for an answer. */
  readonly limitMs: number;
  /** Nothing has been answered lately: try every way there is. */
  readonly suspect: boolean;
}

/** What came of it. `bytes`: sent and received, from the IP header on. */
export type AttemptResult =
  Omit<Extract<ProbeResult, { kind: 'answered' }>, 'address'> | Extract<ProbeResult, { kind: 'failed' }>;

/** Makes attempts. The part of testing that touches the network. */
export interface Prober {
  /** Never rejects. Ends soon after the signal aborts; the result is then of no interest. */
  run(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult>;
  /** Whether an address to send keepalive probes to is known. */
  canSendKeepalive(label: string, targetKey: string): boolean;
  /** Drops what is known of addresses, sessions and names of targets over this port: it is in another network now. */
  forget(label: string): void;
}
