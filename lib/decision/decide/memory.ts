import type { Loss } from './failback-hold.js';
import type { SelectionCause } from './selection.js';

/** What decisions remember from one to the next. Times are monotonic milliseconds of one boot. */
export interface DecisionMemory {
  /** By logical label. */
  readonly ports: ReadonlyMap<string, PortMemory>;
  /** By UUID of the network instance. */
  readonly selections: ReadonlyMap<string, SelectionMemory>;
}

export interface PortMemory {
  /** Since when it has had link and an address in common with now, on the same interface; undefined: it has none. */
  readonly usableSinceMs: number | undefined;
  readonly interfaceIndex: number | undefined;
  readonly addresses: readonly string[];
  /** That of its best default route, the last there was: what is pinged stays the same while the port is away. */
  readonly gateway?: string | undefined;
  /** By the key of each test profile by which it is read. */
  readonly works: ReadonlyMap<string, WorkMemory>;
}

/** How a port has worked by one test profile. */
export interface WorkMemory {
  /** Undefined: it does not work, or nobody knows. */
  readonly workingSinceMs: number | undefined;
  /** When it stopped working, and worked again, oldest first; bounded. */
  readonly losses: readonly Loss[];
}

export interface SelectionMemory {
  /** Logical label; undefined: no port. */
  readonly port: string | undefined;
  readonly sinceMs: number;
  readonly cause: SelectionCause;
  readonly causeDetail: string;
  /** Labels that policy permitted, whether usable or not. */
  readonly eligible: readonly string[];
  /** Those of them that policy put before the selected port. */
  readonly preferred: readonly string[];
  /** Since when the selected port has not been known to work; undefined: it is, or there is none. */
  readonly troubleSinceMs: number | undefined;
}

export const emptyMemory: DecisionMemory = { ports: new Map(), selections: new Map() };
