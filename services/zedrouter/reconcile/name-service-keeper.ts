import type { Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { Failure } from '../apply/apply.js';
import { NameServiceQueue, type NameServiceOperation } from '../apply/name-service-queue.js';
import { NameServiceWatch } from '../apply/name-service-watch.js';
import type { Dataplane } from '../desired/dataplane.js';
import { NameServiceFailures } from './name-service-failures.js';

/** One that ends again within this time is not started again at once. */
const ENDS_OFTEN_MS = 1_000;

export interface NameServiceKeeperOptions {
  /** Of the files of all dnsmasq processes. */
  readonly directory: string;
  readonly namespace: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is known of the kernel and its name services; undefined: nothing at the moment. */
  readonly current: () => Dataplane | undefined;
  /** An operation was refused. */
  readonly onRefused: (kind: NameServiceOperation['kind']) => void;
  /** What is current is another (`forgottenIn`), and is to be reconciled now or after a while. */
  readonly onDrift: (when: 'now' | 'later') => void;
  /** `failures` has changed. */
  readonly onFailures: () => void;
}

/**
 * Changes and watches the dnsmasq processes beside everything else: what goes wrong with them is known here, and each
 * reconciliation plans anew what failed or has ended.
 */
export class NameServiceKeeper {
  readonly queue: NameServiceQueue;
  readonly #options: NameServiceKeeperOptions;
  readonly #watch: NameServiceWatch;
  readonly #failures = new NameServiceFailures();
  /** When the dnsmasq of a bridge ended by itself last. */
  readonly #endedMs = new Map<string, number>();

  constructor(options: NameServiceKeeperOptions) {
    const { directory, namespace, clock, current } = options;
    this.#options = options;
    this.queue = new NameServiceQueue({
      directory,
      namespace,
      onDone: (operation, message) => {
        this.#onDone(operation, message);
      },
    });
    this.#watch = new NameServiceWatch({
      directory,
      clock,
      expected: () => [...(current()?.nameServices.keys() ?? [])].filter((bridge) => !this.queue.isBusyWith(bridge)),
      onEnded: (bridge) => {
        this.#onEnded(bridge);
      },
    });
  }

  failures(): readonly Failure[] {
    return this.#failures.list();
  }

  /** The dataplane with those that failed unknown, so that each is planned anew. */
  forgottenIn(dataplane: Dataplane): Dataplane {
    return this.#failures.forgottenIn(dataplane);
  }

  close(): void {
    this.#watch.close();
  }

  #onDone(operation: NameServiceOperation, message: string | undefined): void {
    const { kind, bridge } = operation;
    const isNews = this.#failures.note(operation, message);
    if (message !== undefined) {
      this.#options.onRefused(kind);
      this.#options.logger.warn({ event: 'operation-failed', operation: kind, bridge, message }, 'operation failed');
      this.#options.onDrift('later');
    }
    if (isNews) this.#options.onFailures();
  }

  #onEnded(bridge: string): void {
    const { clock, logger, current, onDrift, onFailures } = this.#options;
    const service = current()?.nameServices.get(bridge);
    if (service === undefined) return;
    const nowMs = clock.monotonicMs();
    const lastMs = this.#endedMs.get(bridge) ?? -Infinity;
    this.#endedMs.set(bridge, nowMs);
    const message = 'dnsmasq has ended, starting it again';
    logger.warn({ event: 'name-service-ended', bridge }, message);
    this.#failures.note({ kind: 'name-service-start', bridge, service }, message);
    onFailures();
    // One that ends again and again shall not take all the time there is.
    onDrift(nowMs - lastMs < ENDS_OFTEN_MS ? 'later' : 'now');
  }
}
