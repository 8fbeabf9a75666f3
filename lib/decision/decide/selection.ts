import type { Candidate } from './candidate.js';

/** Why a selection changed: nim.v1.SelectionCause. */
export const causes = [
  'first',
  'link-lost',
  'address-lost',
  'route-lost',
  'test-failed',
  'better-port',
  'degraded',
  'policy',
  'port-available',
] as const;

export type SelectionCause = (typeof causes)[number];

/** Why there is no port: nim.v1.NoPortReason. */
export type NoPortReason = 'no-matching-port' | 'none-permitted' | 'none-usable' | 'air-gapped';

/**
 * What is proved of a port: nim.v1.SelectionProof. `address`: link, address and a default route, and no target is
 * asked. `connection`: connections to its target are accepted, which anyone on the way can do, and no more is asked.
 */
export type Proof = 'none' | 'address' | 'connection' | 'target';

export type SelectionOutcome =
  | {
      readonly kind: 'port';
      readonly label: string;
      readonly interfaceName: string;
      readonly priority: number;
      readonly proof: Proof;
      /** It is known to work by all that is asked of it, and what is asked proves something. */
      readonly verified: boolean;
    }
  | { readonly kind: 'none'; readonly reason: NoPortReason };

/** What was decided for one network instance, and its full explanation. */
export interface Selection {
  readonly networkInstanceId: string;
  readonly networkInstanceName: string;
  readonly outcome: SelectionOutcome;
  /** Monotonic time of the last change of port. */
  readonly sinceMs: number;
  readonly cause: SelectionCause;
  readonly causeDetail: string;
  /** Every port of the device: ranked ones in order of rank, then those without link or address, then the forbidden. */
  readonly candidates: readonly Candidate[];
  /** Undefined: it waits for nothing of the kind. */
  readonly failoverWait: FailoverWait | undefined;
}

/** The port in use does not work, and is kept for a while before a costlier one is taken (`failover_hold`). */
export interface FailoverWait {
  /** Monotonic milliseconds. */
  readonly untilMs: number;
  /** Label of the port that is taken then, as things are; undefined: none can be used. */
  readonly to: string | undefined;
}
