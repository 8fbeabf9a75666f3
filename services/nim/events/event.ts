import type { SelectionCause, TestState } from '../../../lib/decision/decide/index.js';
import type { FailureKind } from '../../../lib/decision/health/index.js';

/** What happened, without when. */
export type ManagerEvent =
  | {
      readonly kind: 'port-changed';
      readonly label: string;
      readonly interfaceName: string;
      readonly changes: readonly string[];
    }
  | {
      readonly kind: 'selection-changed';
      readonly networkInstanceId: string;
      readonly networkInstanceName: string;
      /** Logical labels; undefined means no port. */
      readonly fromPort: string | undefined;
      readonly toPort: string | undefined;
      readonly cause: SelectionCause;
      readonly causeDetail: string;
    }
  | {
      readonly kind: 'port-test-changed';
      readonly label: string;
      readonly interfaceName: string;
      readonly targetKey: string;
      readonly from: TestState;
      readonly to: TestState;
      /** Set where it fails now. */
      readonly failure: FailureKind | undefined;
      readonly detail: string;
    }
  | {
      readonly kind: 'configuration-changed';
      readonly version: bigint;
      readonly author: string;
      /** What went and came, in words; absent: nothing is known. */
      readonly changes?: readonly string[];
      /** Why it is in force where nobody pushed it; absent: somebody did. */
      readonly reason?: string;
    }
  | {
      readonly kind: 'policy-changed';
      /** 0 where NIM ended a grant by itself. */
      readonly policyVersion: bigint;
      readonly change: PolicyChangeType;
      readonly author: string;
      readonly reason: string;
      /** Set where it is about a grant. */
      readonly grantId: string | undefined;
      /** What changed, in words. */
      readonly changes: readonly string[];
    };

/** What kind of change of the policy: zedagent.v1.PolicyChangeKind. */
export const policyChangeTypes = ['updated', 'grant-created', 'grant-revoked', 'grant-ended', 'dropped'] as const;

export type PolicyChangeType = (typeof policyChangeTypes)[number];

/** An entry of the event log. */
export interface LoggedEvent {
  /** Ascending by one, from 1, also from one run of the service to the next. */
  readonly sequence: number;
  readonly wallMs: number;
  readonly event: ManagerEvent;
}
