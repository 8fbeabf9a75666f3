import { join } from 'node:path';

import { permitPing } from '../../../lib/uplink-socket/index.js';
import type { Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { Controller } from './controller.js';
import type { BudgetOf } from '../publish/index.js';
import { RemoteTests, type Verdict } from './remote-tests.js';
import { BudgetBook, BudgetFile, PortProber, readAppTraffic } from './tester/index.js';

export interface StartTestsOptions {
  /** What tests have spent is kept here. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace: string | undefined;
  readonly controller: Controller | undefined;
  readonly onNews: () => void;
  readonly onNothingNew: () => void;
  readonly onVerdict: (verdict: Verdict) => void;
}

export interface RunningTests {
  readonly tests: RemoteTests;
  readonly budgetOf: BudgetOf;
  close(): Promise<void>;
}

/**
 * Puts together what tests of the far end need: probes over real ports, budgets that are kept, the kernel's counters.
 */
export async function startTests(options: StartTestsOptions): Promise<RunningTests> {
  const { stateDir, clock, logger, namespace, controller, onNews, onNothingNew, onVerdict } = options;
  await permitEchoes(logger, namespace);
  const path = join(stateDir, 'nim-test-budgets');
  const budgets = new BudgetBook(clock, await BudgetFile.load(path, logger));
  const file = BudgetFile.keep({ path, clock, logger, current: () => budgets.all() });
  const tests = new RemoteTests({
    ...{ clock, logger, budgets, onNews, onNothingNew, onVerdict },
    prober: new PortProber({
      clock,
      ...(namespace === undefined ? {} : { namespace }),
      ...(controller === undefined ? {} : { controller }),
    }),
    readTraffic: () => readAppTraffic(namespace),
  });
  return {
    tests,
    budgetOf: (label) => {
      const budget = budgets.of(label);
      return budget === undefined ? undefined : { budget, state: budgets.state(label) };
    },
    close: async () => {
      tests.close();
      await file.close();
    },
  };
}

/** Without it keepalive probes go by TCP, at four times the bytes, and targets of ICMP cannot be tested. */
async function permitEchoes(logger: Logger, namespace: string | undefined): Promise<void> {
  try {
    await permitPing(logger, namespace === undefined ? {} : { namespace });
  } catch (error) {
    logger.warn(
      { event: 'ping-not-permitted', err: error },
      'ICMP echo not permitted, ports are tested by other means',
    );
  }
}
