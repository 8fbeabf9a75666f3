import { createLogger } from '../../../lib/observability/index.js';
import { systemClock, type Clock } from '../../../lib/clock/index.js';
import { openKernel } from '../apply/kernel.js';
import { cleanUp } from '../reconcile/clean-up.js';
import type { Ids } from '../desired/inputs.js';
import { nameServiceDirectory } from '../apply/directories.js';
import { FormerSettings, formerSettingsPath } from '../reconcile/former-settings.js';
import type { ReconcileReport } from '../reconcile/report.js';
import { Reconciler } from '../reconciler.js';
import type { Upstream } from '../upstream/inputs.js';
import { MODEL, NI_DEFAULT, PORTS, selection } from './ship.js';

/** What NIM and zedagent say of the ship whose first network instance follows these ports; the other one has none. */
export function upstream(armed: readonly string[], permitted: readonly string[] = ['eth0', 'wwan0', 'sat0']): Upstream {
  return {
    config: { version: 1n, model: MODEL },
    ports: { epoch: 'e', revision: 1n, facts: PORTS },
    selections: {
      epoch: 'e',
      revision: 1n,
      portsRevision: 1n,
      selections: new Map([[NI_DEFAULT, selection(armed, permitted)]]),
    },
  };
}

/** Ends what reconcilers have left in a namespace: name servers would outlive it. */
export function endReconcilers(where: { readonly namespace: string; readonly runDir: string }): Promise<void> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  return cleanUp({ ...where, stateDir: where.runDir, logger });
}

/**
 * A reconciler on a real kernel, whose settled reports can be waited for. It ends with `use`; the kernel keeps what it
 * made, see `endReconcilers`.
 */
export async function withReconciler<T>(
  where: { readonly namespace: string; readonly runDir: string; readonly ids: Ids; readonly clock?: Clock },
  use: (reconciler: Reconciler, nextReport: () => Promise<ReconcileReport>) => Promise<T>,
): Promise<T> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const kernel = openKernel(where.namespace);
  const waiting: ((report: ReconcileReport) => void)[] = [];
  const reconciler = new Reconciler({
    kernel,
    logger,
    clock: where.clock ?? systemClock,
    ids: where.ids,
    keepIds: () => Promise.resolve(),
    nameServiceDirectory: nameServiceDirectory(where.runDir),
    formerSettings: new FormerSettings(formerSettingsPath(where.runDir), where.namespace),
    onReport: (report) => {
      if (report.phase === 'settled') for (const resolve of waiting.splice(0)) resolve(report);
    },
  });
  try {
    return await use(reconciler, () => new Promise((resolve) => waiting.push(resolve)));
  } finally {
    await reconciler.close();
  }
}
