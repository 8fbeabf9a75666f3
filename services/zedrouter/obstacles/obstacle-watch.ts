import { listRulesetJson } from 'iproute-exec';

import type { Clock } from '../../../lib/clock/index.js';
import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { readSetCounters } from '../../../lib/netlink/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { Kernel } from '../apply/kernel.js';
import { foreignObstacles, type FilteredInstance } from './foreign-obstacles.js';
import { sameObstacle, type Obstacle } from './obstacle.js';
import { foreignFiltersIn, type ForeignFilters } from './packet-filter.js';
import { notedPassage, type PassageMemory } from './passage.js';

const EVERY_MS = 1_000;
const NO_FILTERS: ForeignFilters = { base: [], rules: new Map() };

export interface ObstacleWatchOptions {
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The network instances as they are in force now. */
  readonly instances: () => readonly FilteredInstance[];
  /** What stands in the way has changed; ask `of`. */
  readonly onChange: () => void;
}

/**
 * Finds what others' packet filters do to network instances: reads their chains where anybody has changed a ruleset,
 * and counts every second what arrives and what gets through.
 */
export class ObstacleWatch {
  readonly #options: ObstacleWatchOptions;
  readonly #passages = new Map<string, PassageMemory>();
  #obstacles: ReadonlyMap<string, readonly Obstacle[]> = new Map();
  #filters = NO_FILTERS;
  /** The count of changes that `#filters` are as of. */
  #asOf = -1;
  #hasComplained = false;
  #closed = false;
  #cancel: () => void;

  constructor(options: ObstacleWatchOptions) {
    this.#options = options;
    this.#cancel = this.#wait();
  }

  /** What stands in the way of the network instance with this bridge. */
  of(bridge: string): readonly Obstacle[] {
    return this.#obstacles.get(bridge) ?? [];
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #wait(): () => void {
    return this.#options.clock.setTimer(EVERY_MS, () => {
      void this.#check().finally(() => {
        if (!this.#closed) this.#cancel = this.#wait();
      });
    });
  }

  async #check(): Promise<void> {
    const { kernel, logger, instances } = this.#options;
    try {
      const changes = kernel.ruleset.foreignChanges;
      if (changes !== this.#asOf) {
        const place = kernel.namespace === undefined ? {} : { namespace: kernel.namespace };
        this.#filters = foreignFiltersIn(await listRulesetJson(place));
        this.#asOf = changes;
      }
      this.#count();
      this.#hasComplained = false;
    } catch (error) {
      if (!this.#hasComplained) logger.warn({ event: 'filters-unreadable', err: error }, 'cannot read packet filters');
      this.#hasComplained = true;
      return;
    }
    if (this.#closed) return;
    const found = instances().map(
      (each) => [each.bridge, foreignObstacles(this.#filters, each, this.#passages.get(each.bridge))] as const,
    );
    this.#tell(new Map(found));
  }

  #count(): void {
    const read = (set: string) =>
      readSetCounters({ family: NFT_FAMILY, table: NFT_TABLE, set, namespace: this.#options.kernel.namespace });
    // In this order: what is on its way between them then counts as sent.
    const arrived = read('ni_arrived');
    const sent = read('ni_sent');
    for (const [bridge, { packets }] of arrived ?? []) {
      const count = { arrived: packets, sent: sent?.get(bridge)?.packets ?? 0 };
      this.#passages.set(bridge, notedPassage(this.#passages.get(bridge), count));
    }
  }

  #tell(found: ReadonlyMap<string, readonly Obstacle[]>): void {
    const { logger, onChange } = this.#options;
    const before = this.#obstacles;
    this.#obstacles = found;
    let isNews = false;
    for (const bridge of new Set([...before.keys(), ...found.keys()])) {
      const [old, now] = [before.get(bridge) ?? [], found.get(bridge) ?? []];
      for (const obstacle of now.filter((each) => !old.some((other) => sameObstacle(each, other)))) {
        isNews = true;
        logger.warn({ event: 'obstacle-found', bridge, ...obstacle }, 'obstacle found on this host');
      }
      for (const { kind, subject } of old.filter((each) => !now.some((other) => sameObstacle(each, other)))) {
        isNews = true;
        logger.info({ event: 'obstacle-gone', bridge, kind, subject }, 'obstacle on this host is gone');
      }
    }
    if (isNews) onChange();
  }
}
