import type { CancelTimer, Clock } from '../../../../lib/clock/index.js';
import type { Logger } from '../../../../lib/observability/index.js';
import { observeTraffic, type TrafficCount, type TrafficFacts } from '../../../../lib/decision/schedule/index.js';

/**
 * Packets of network instances by the interface of the port that they went up or came down by; undefined: nobody
 * counts.
 */
export type ReadTraffic = () => ReadonlyMap<string, TrafficCount> | undefined;

export interface TrafficWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Some 0.1 ms of work; may throw. */
  readonly read: ReadTraffic;
  readonly onTraffic: (label: string, facts: TrafficFacts) => void;
  /** What was made known last of a port, refutations of stalls included. */
  readonly factsOf: (label: string) => TrafficFacts | undefined;
}

/** A stall shows within this time while there is traffic. */
const BUSY_MS = 100;
/** And traffic that begins within this. */
const CALM_MS = 500;
/** So long after the last packet, traffic is over. */
const CALM_AFTER_MS = 5_000;
/** Where nobody counts, or reading failed. */
const ABSENT_MS = 5_000;

/** Reads the kernel's counters of app traffic again and again, and tells what they show of each port. */
export class TrafficWatch {
  readonly #options: TrafficWatchOptions;
  #interfaces: ReadonlyMap<string, string> = new Map();
  #lastTrafficMs = -Infinity;
  #cancel: CancelTimer = () => undefined;
  #failing = false;

  constructor(options: TrafficWatchOptions) {
    this.#options = options;
  }

  /** Watches these ports from now on: logical label to interface. None: it rests. */
  follow(interfaces: ReadonlyMap<string, string>): void {
    const rested = this.#interfaces.size === 0;
    this.#interfaces = interfaces;
    if (interfaces.size === 0) this.close();
    else if (rested) this.#poll();
  }

  close(): void {
    this.#cancel();
    this.#cancel = () => undefined;
  }

  #poll(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const counts = this.#read();
    if (counts !== undefined) {
      for (const [label, interfaceName] of this.#interfaces) {
        const count = counts.get(interfaceName);
        if (count !== undefined) this.#take(label, count, nowMs);
      }
    }
    const delayMs = counts === undefined ? ABSENT_MS : nowMs - this.#lastTrafficMs < CALM_AFTER_MS ? BUSY_MS : CALM_MS;
    this.#cancel = this.#options.clock.setTimer(delayMs, () => {
      this.#poll();
    });
  }

  #take(label: string, count: TrafficCount, nowMs: number): void {
    const before = this.#options.factsOf(label);
    const facts = observeTraffic(before, count, nowMs);
    if (facts === before) return;
    if (facts.any.lastUpMs === nowMs || facts.any.lastDownMs === nowMs) this.#lastTrafficMs = nowMs;
    this.#options.onTraffic(label, facts);
  }

  #read(): ReadonlyMap<string, TrafficCount> | undefined {
    try {
      const counts = this.#options.read();
      this.#failing = false;
      return counts;
    } catch (error) {
      if (!this.#failing)
        this.#options.logger.warn(
          { event: 'traffic-counters-unreadable', err: error },
          'cannot read app traffic counters',
        );
      this.#failing = true;
      return undefined;
    }
  }
}
