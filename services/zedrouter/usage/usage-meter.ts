import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import type { History } from '../../../lib/history/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { usageSince, type Names, type UsageReading, type UsageState } from './usage.js';

/** What is counted is read so often, for what a power cut may take, and for the hour that it is put into. */
const READ_EVERY_MS = 2_000;

export interface UsageMeterOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly history: History<UsageState>;
  /** What names mean now; undefined: not known yet, and nothing is read. */
  readonly names: () => Names | undefined;
  /** Reads the kernel; interfaces by logical label. May throw. */
  readonly read: (ports: ReadonlyMap<string, string>) => UsageReading;
}

/** Reads the kernel's counters again and again, and puts what they have grown by into the history. */
export class UsageMeter {
  readonly #options: UsageMeterOptions;
  #cancel: CancelTimer = () => undefined;
  #failing = false;

  constructor(options: UsageMeterOptions) {
    this.#options = options;
  }

  /** Reads from now on. */
  start(): void {
    this.#schedule();
  }

  /** Reads once more, and keeps what there is. */
  async close(): Promise<void> {
    this.#cancel();
    this.read();
    await this.#options.history.close();
  }

  /** What was counted up to now is in the history when this returns. */
  read(): void {
    const { history, names, read, logger } = this.#options;
    const known = names();
    if (known === undefined) return;
    try {
      const ports = new Map([...known.portLabels].map(([interfaceName, label]) => [label, interfaceName]));
      const { counts, state } = usageSince(history.state, read(ports), known);
      const isNewLife = !isSameLife(history.state, state);
      if (counts.size > 0 || isNewLife) history.add(counts, state);
      // From where a link is counted is known nowhere else.
      if (isNewLife) void history.save();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) logger.warn({ event: 'usage-unreadable', err: error }, 'cannot read usage counters');
      this.#failing = true;
    }
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.setTimer(READ_EVERY_MS, () => {
      this.read();
      this.#schedule();
    });
  }
}

/** Nothing was counted, and what will be goes on from the same counters. */
function isSameLife(before: UsageState | undefined, now: UsageState): boolean {
  if (before === undefined || before.appsLife !== now.appsLife) return false;
  if (before.apps.size !== now.apps.size || before.ports.size !== now.ports.size) return false;
  return [...now.ports].every(([label, { life }]) => before.ports.get(label)?.life === life);
}
