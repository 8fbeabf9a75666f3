import { join } from 'node:path';

import type { TopologyOptions } from './topology.js';

export interface LabOptions extends TopologyOptions {
  /**
   * Sockets, name servers of leases, and (under lab/) the lab's own logs. Must not exist, or be empty; removed at the
   * end.
   */
  readonly runDir: string;
  /** The same for what services keep. */
  readonly stateDir: string;
  /** Of the ISPs' leases; default 120. A second is the least. */
  readonly leaseSeconds?: number;
}

/** Where the lab keeps logs and configuration files of its own. */
export function labFolder({ runDir }: { readonly runDir: string }): string {
  return join(runDir, 'lab');
}
