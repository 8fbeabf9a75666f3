/*
 * What ports and apps have sent and received: read from the kernel's counters, made into series (usage.ts, pure), and
 * kept by the hour and the day.
 */
import { join } from 'node:path';

import { readBootId, type Clock } from '../../../lib/clock/index.js';
import { History } from '../../../lib/history/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { readUsage } from './read-usage.js';
import { UsageMeter } from './usage-meter.js';
import { coarserSeries, type Names, type UsageState } from './usage.js';
import { usageStateIn, usageStateJson } from './usage-state.js';

export { namesOf } from './names.js';
export { usagePeriodMessage } from './usage-messages.js';
export type { UsageMeter } from './usage-meter.js';
export type { UsageState } from './usage.js';

/** What an hour, or a day, has room for: one for each app and port that it used. */
const MOST_SERIES = 1_000;

/** What was kept of earlier runs, in `stateDir`. Never fails. */
export function openUsage(stateDir: string, clock: Clock, logger: Logger): Promise<History<UsageState>> {
  return History.open<UsageState>({
    directory: join(stateDir, 'usage'),
    ...{ clock, logger, mostSeries: MOST_SERIES, coarser: coarserSeries },
    formatState: usageStateJson,
    parseState: usageStateIn,
  });
}

/** Counts on from there once it is started, in the named namespace. `names`: undefined: not known yet. */
export async function usageMeterOn(options: {
  readonly history: History<UsageState>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace: string | undefined;
  readonly names: () => Names | undefined;
}): Promise<UsageMeter> {
  const { namespace, ...rest } = options;
  const bootId = await readBootId();
  return new UsageMeter({ ...rest, read: (ports) => readUsage(ports, bootId, namespace) });
}
