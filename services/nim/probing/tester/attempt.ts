import type { Layer, ProbeKind } from '../../../../lib/decision/health/index.js';
import type { KeepaliveMeans } from '../../../../lib/decision/schedule/index.js';
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
  /** The target does not work over this port, and is asked whether it does again. */
  readonly recovering: boolean;
}

/** What came of it. `bytes`: sent and received, from the IP header on. `layer`: what it asked. */
export type AttemptResult = { readonly layer: Layer } & (
  Omit<Extract<ProbeResult, { kind: 'answered' }>, 'address'> | Extract<ProbeResult, { kind: 'failed' }>
);

/** Makes attempts. The part of testing that touches the network. */
export interface Prober {
  /** Never rejects. Ends soon after the signal aborts; the result is then of no interest. */
  run(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult>;
  /** By what keepalive probes would go now. */
  keepaliveMeans(assignment: Pick<TestAssignment, 'label' | 'targetKey' | 'payloadBytes'>): KeepaliveMeans;
  /** Drops what is known of addresses, sessions and names of targets over this port: it is in another network now. */
  forget(label: string): void;
}
