import type { Health, ProbeKind, TestRecord } from '../health/index.js';
import type { BudgetState } from './budget.js';
import type { KeepaliveMeans } from './cost.js';
import type { Pace } from './pace.js';
import type { TrafficFacts } from './traffic.js';

/** What a port is to those who follow a target over it. */
export type PortRole =
  | { readonly kind: 'in-use' }
  /**
   * Somebody's port is suspect or does not work, and this one may be next: what it showed before `sinceMs` is too old.
   * It is asked at the layer that fails there: `keepalive` where that port is silent, `full` where the target is out of
   * reach, `size` where large packets are lost.
   */
  | { readonly kind: 'wanted'; readonly sinceMs: number; readonly probeKind: ProbeKind }
  /** It works again, and has to go on doing so for a while before it is used. */
  | { readonly kind: 'returning' }
  | { readonly kind: 'standby' };

/** Everything that the next test of one target over one port depends on. Times are monotonic milliseconds. */
export interface TestSituation {
  /** Since when link and address have been there; undefined: they are not. */
  readonly validSinceMs: number | undefined;
  readonly record: TestRecord;
  readonly health: Health;
  readonly role: PortRole;
  readonly pace: Pace;
  readonly target: {
    /** Its own test is a single packet and its answer. */
    readonly light: boolean;
    /** As configured; undefined: as the pace says. */
    readonly intervalMs: number | undefined;
    readonly timeoutMs: number | undefined;
    /** By what keepalive probes go now. */
    readonly keepalive: KeepaliveMeans;
    /** They may go out between full tests, and not only where it is suspect. */
    readonly calmKeepalives: boolean;
  };
  readonly traffic: TrafficFacts | undefined;
  readonly inFlight: readonly { readonly probeKind: ProbeKind; readonly startedMs: number }[];
  readonly budget: {
    readonly state: BudgetState;
    /** How full the savings are, 0 to 1. */
    readonly savedShare: number;
  };
  /** When the target answered over another port last. */
  readonly elsewhereAnsweredMs: number | undefined;
  /** A person asked for a test then. */
  readonly requestedMs: number | undefined;
}
