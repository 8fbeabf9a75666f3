import type { Failure } from '../apply/apply.js';
import type { Dataplane } from '../desired/dataplane.js';
import type { Ids } from '../desired/inputs.js';
import type { Plan } from '../plan/operations.js';
import type { Draining } from './drain-watch.js';
import type { SwitchState } from '../switches/switch-keeper.js';
import type { TunnelState } from '../tunnels/tunnel.js';
import type { CompleteInputs } from '../upstream/inputs.js';

/** What a reconciliation has come to; the status of every network instance follows from it. */
export interface ReconcileReport {
  readonly inputs: CompleteInputs;
  readonly ids: Ids;
  readonly desired: Dataplane;
  /** Why the newest ids are not on disk; undefined where they are. */
  readonly idsNotKept?: string | undefined;
  /** False: the kernel lacks what shows us what bridges pass from app to app (br_netfilter). Absent: it has it. */
  readonly filtersMembers?: boolean | undefined;
  /** What was found to do, and done. */
  readonly planned: Plan;
  readonly failures: readonly Failure[];
  /** `pending`: told, and not in force yet. `applied`: traffic follows it, tidying is still to come. */
  readonly phase: 'pending' | 'applied' | 'settled';
  /** The kernel has been read since anything was applied, and holds what is desired. */
  readonly isVerified: boolean;
  /** Ports whose flows stay, by network instance. */
  readonly draining: ReadonlyMap<string, readonly Draining[]>;
  /** By network instance. Absent: there are none. */
  readonly switches?: ReadonlyMap<string, SwitchState> | undefined;
  /** By network instance. Absent: there are none. */
  readonly tunnels?: ReadonlyMap<string, TunnelState> | undefined;
}
