import { isDeepStrictEqual } from 'node:util';

import type { NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { StateStore } from '../../../lib/rpc/index.js';

export type StatusStore = StateStore<NetworkInstanceStatus>;

/** The statuses that others follow. */
export function statusStore(): StatusStore {
  return new StateStore<NetworkInstanceStatus>({ equals: sameStatus });
}

/**
 * The revision is the store's stamp, not part of the status; `info` says the same in EVE's words. What no switch
 * changes is the same object, so that hundreds of statuses are compared in no time.
 */
function sameStatus(a: NetworkInstanceStatus, b: NetworkInstanceStatus): boolean {
  return (
    a.settled === b.settled &&
    a.verified === b.verified &&
    isDeepStrictEqual(a.drainingPorts, b.drainingPorts) &&
    isDeepStrictEqual(a.tunnel, b.tunnel) &&
    holdsTheSame(a, b)
  );
}

/** Whether both say the same of what is in force, verified or not; former flows, and handshakes, come and go. */
export function holdsTheSame(a: NetworkInstanceStatus, b: NetworkInstanceStatus): boolean {
  return (
    a.appliedNitsRevision === b.appliedNitsRevision &&
    isDeepStrictEqual(rest(a), rest(b)) &&
    (a.appInterfaces === b.appInterfaces || isDeepStrictEqual(a.appInterfaces, b.appInterfaces))
  );
}

function rest({ appInterfaces: _, ...status }: NetworkInstanceStatus): NetworkInstanceStatus {
  return {
    ...status,
    appInterfaces: [],
    info: undefined,
    revision: 0n,
    settled: false,
    verified: false,
    drainingPorts: [],
    tunnel: undefined,
  };
}
