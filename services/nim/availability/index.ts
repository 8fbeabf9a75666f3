/*
 * How long ports and network instances were in which state, by the hour and the day, and their outages: kept over
 * restarts. views.ts and series.ts are pure; the keeper listens to decisions.
 */
import { join } from 'node:path';

import type { AvailabilityPeriod, Outage } from '../../../gen/nim/v1/availability.js';
import type { Clock } from '../../../lib/clock/index.js';
import { History } from '../../../lib/history/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { BudgetOf, Publisher } from '../publish/index.js';
import { AvailabilityKeeper } from './availability-keeper.js';
import { availabilityPeriodMessage, outageMessage } from './availability-messages.js';
import { availabilityStateIn, availabilityStateJson, type AvailabilityState } from './availability-state.js';
import { OutageBook } from './outage-book.js';

export { bothOf, type AvailabilityKeeper } from './availability-keeper.js';

/** More than hundreds of network instances have: some five each. */
const MOST_SERIES = 4_000;

/** What is kept, and what keeps it. */
export interface Availability {
  readonly keeper: AvailabilityKeeper;
  /** Periods that begin from a moment on and before another, oldest first. */
  readonly periods: (sinceMs: number, untilMs: number) => AsyncGenerator<AvailabilityPeriod>;
  readonly outages: (sinceMs: number, untilMs: number) => readonly Outage[];
}

/** Goes on from what earlier runs have kept in `stateDir`. Never fails. */
export async function openAvailability(options: {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly publisher: Publisher;
  readonly budgetOf: BudgetOf;
}): Promise<Availability> {
  const { stateDir, clock, logger, publisher, budgetOf } = options;
  const history = await History.open<AvailabilityState>({
    directory: join(stateDir, 'availability'),
    ...{ clock, logger, mostSeries: MOST_SERIES },
    // There is nothing that could stand for several network instances: the smallest are left out.
    coarser: (series) => series,
    formatState: availabilityStateJson,
    parseState: availabilityStateIn,
  });
  const path = join(stateDir, 'outages.jsonl');
  const book = await OutageBook.open({ path, clock, logger }, history.state?.lasting ?? []);
  const keeper = new AvailabilityKeeper({
    ...{ clock, history, outages: book, publisher },
    budgetOf: (label) => budgetOf(label)?.budget,
  });
  return {
    keeper,
    periods: async function* (sinceMs, untilMs) {
      keeper.count();
      for await (const period of history.read(sinceMs, untilMs)) yield availabilityPeriodMessage(period);
    },
    outages: (sinceMs, untilMs) => book.list(sinceMs, untilMs).map(outageMessage),
  };
}
