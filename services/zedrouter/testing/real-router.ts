import { createLogger } from '../../../lib/observability/index.js';
import { systemClock, type Clock } from '../../../lib/clock/index.js';
import { openKernel } from '../apply/kernel.js';
import { cleanUp } from '../reconcile/clean-up.js';
import type { Numbers } from '../desired/inputs.js';
import { nameServiceDirectory } from '../apply/directories.js';
import { Router, type RouterReport } from '../reconciler.js';
import type { Received } from '../upstream/inputs.js';
import { MODEL, NI_DEFAULT, PORTS, selection } from './ship.js';

/** What NIM and zedagent say of the ship whose first network instance follows these ports; the other one has none. */
export function received(armed: readonly string[], permitted: readonly string[] = ['eth0', 'wwan0', 'sat0']): Received {
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

/** Ends what routers have left in a namespace: name servers would outlive it. */
export function endRouters(where: { readonly namespace: string; readonly runDir: string }): Promise<void> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  return cleanUp({ ...where, stateDir: where.runDir, logger });
}

/** A router on a real kernel, whose settled reports can be waited for. It ends with `use`; the kernel keeps what it made, see `endRouters`. */
export async function withRouter<T>(
  where: { readonly namespace: string; readonly runDir: string; readonly numbers: Numbers; readonly clock?: Clock },
  use: (router: Router, nextReport: () => Promise<RouterReport>) => Promise<T>,
): Promise<T> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const kernel = openKernel(where.namespace, logger);
  const waiting: ((report: RouterReport) => void)[] = [];
  const router = new Router({
    kernel,
    logger,
    clock: where.clock ?? systemClock,
    numbers: where.numbers,
    keepNumbers: () => Promise.resolve(),
    nameServiceDirectory: nameServiceDirectory(where.runDir),
    onReport: (report) => {
      if (report.settled) for (const resolve of waiting.splice(0)) resolve(report);
    },
  });
  try {
    return await use(router, () => new Promise((resolve) => waiting.push(resolve)));
  } finally {
    await router.close();
    await kernel.close();
  }
}
