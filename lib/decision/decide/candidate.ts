import type { Grant } from '../../configuration/index.js';
import type { Health } from '../health/index.js';
import type { PortTestFacts } from '../snapshot/index.js';

/** Whether a port is known to work, derived from test facts. Unknown is not down. */
export type TestState = (typeof testStates)[number];

export const testStates = ['working', 'untested', 'failing'] as const;

/** Why a candidate stands where it stands: the closed set of nim.v1.CandidateReasonCode. */
export type ReasonCode =
  | IneligibleCode
  | 'interface-missing'
  | 'admin-down'
  | 'no-carrier'
  | 'no-address'
  | 'no-route'
  | 'test-failing'
  | 'untested'
  | 'worse-priority'
  | 'not-in-use'
  | 'later-by-name'
  | 'failback-hold'
  | 'failover-hold'
  | 'degraded'
  | 'selected'
  | 'kept-while-none-works'
  | 'unconfirmed'
  | 'granted';

/** Why policy forbids a port. */
export type IneligibleCode =
  'label-mismatch' | 'usage-forbids' | 'not-management-port' | 'operation-not-allowed-on-port' | 'priority-not-allowed';

export interface Reason<Code extends ReasonCode = ReasonCode> {
  readonly code: Code;
  /** The same in words, with names and figures. The same facts make the same words, whenever they are asked for. */
  readonly detail: string;
}

/** One port, seen from one network instance or operation. */
export interface Candidate {
  readonly label: string;
  readonly interfaceName: string;
  readonly priority: number;
  /** Policy permits it. */
  readonly eligible: boolean;
  /** The grant without which policy would forbid it. */
  readonly grant: Grant | undefined;
  /** It has link, address and a default route. */
  readonly usable: boolean;
  readonly testState: TestState;
  readonly test: PortTestFacts;
  /** It works, and its loss or latency is above the threshold of the network instance. */
  readonly degraded: boolean;
  /** By what it was tested: a target's key, several in words; undefined: link and address. */
  readonly targetKey: string | undefined;
  /** Where there are several targets: those that do not work over it, while it counts as working or is tried. */
  readonly failingTargets: readonly string[];
  /** Why the port is suspect, or what the verdict was; undefined where link and address are the test. */
  readonly health: Health | undefined;
  /** 1 is the first choice; undefined where it is not permitted or not usable. */
  readonly rank: number | undefined;
  /** Monotonic time until which a hold, of failback or failover, keeps it waiting. */
  readonly heldUntilMs: number | undefined;
  /** The kernel must not go over to it by itself: it is costlier than the selected port, and `failover_hold` is set. */
  readonly unarmed: boolean;
  readonly reasons: readonly Reason[];
}
