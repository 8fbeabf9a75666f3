import { backoffMs, type CancelTimer, type Clock } from '../../../lib/clock/index.js';
import type { PortAddressing } from '../../../lib/configuration/index.js';
import {
  describeChanges,
  isDefaultRoute,
  missingPort,
  sameObservation,
  whyUnusable,
  type PortObservation,
} from '../../../lib/decision/snapshot/index.js';
import type { KernelEvent } from '../../../lib/netlink/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { linkStateOf } from './kernel-reading.js';
import {
  observationOf,
  readInterfaces,
  readRoutes,
  watch,
  type InterfaceView,
  type KernelReader,
  type KernelView,
} from './kernel-view.js';
import { everythingOf, mergeScopes, nothing, type ReadScope } from './read-scope.js';
import { scopeOfEvent } from './scope-of-event.js';
import type { ServersOfLease } from './lease-servers.js';

/** Name servers of the leases, as they were last read. */
export interface NameServerSource {
  of(interfaceName: string): ServersOfLease;
  follow(interfaceNames: Iterable<string>): void;
  /** Never fails. */
  refresh(): Promise<void>;
}

/** A port to observe. */
export interface ObservedPort {
  readonly label: string;
  readonly interfaceName: string;
  /** Names a gateway where the port's address is static. */
  readonly addressing?: PortAddressing;
  /** Set where no interface is known to be the port's: it counts as missing. */
  readonly unidentified?: string;
}

export interface PortChange {
  readonly label: string;
  readonly interfaceName: string;
  /** What changed, in words. */
  readonly changes: readonly string[];
}

/** An observation, and the interface that it is of. */
export interface InterfaceObservation {
  readonly interfaceName: string;
  readonly observation: PortObservation;
}

/** The result of a reading. */
export interface Reading {
  /** By logical label; ports that have not been read yet are not in it. */
  readonly observations: ReadonlyMap<string, InterfaceObservation>;
  /** Empty: everything is as it was, and only the time of the reading is news. */
  readonly changed: readonly PortChange[];
  /** When the first of what asked for this reading was heard. */
  readonly askedAtMs: number;
  readonly readAtMs: number;
}

/** How what is known now differs from what was told last. */
interface Comparison extends Pick<Reading, 'observations' | 'changed'> {
  /** A port could be used, and has no link or no address any more. */
  readonly isLoss: boolean;
}

/** What is to be read next, and when the first of what asked for it was heard. */
interface AskedFor {
  readonly scope: ReadScope;
  readonly askedAtMs: number;
}

export interface PortObserverOptions {
  readonly reader: KernelReader;
  readonly nameServers: NameServerSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onReading: (reading: Reading) => void;
  /** Resolves when what a reading leads to has been told; what can wait is read after that. */
  readonly untilTold: () => Promise<void>;
}

/** What no event told is found by then. */
const SAFETY_READING_MS = 30_000;

/**
 * So long a port with link and address may be without a default route before that is told: clients of DHCP take the
 * route away and put it back when they renew a lease (busybox's udhcpc does), and apps' packets follow our own table.
 */
const ROUTE_AWAY_MS = 250;

/** A reading that failed is tried again after this time, then twice that and so on. */
const retry = { firstMs: 100, mostMs: 5_000 };

/**
 * Observes ports: events only wake it; what they are about is read from the kernel and compared with the last reading.
 * From an event to `onReading` nothing is waited for. After a loss has been told, what can wait is read when others
 * have acted; one more reading waits meanwhile, whatever number of events comes.
 */
export class PortObserver {
  readonly #options: PortObserverOptions;
  #ports: readonly ObservedPort[] = [];
  #view: KernelView = new Map();
  /** Since when interfaces with link and address have been without the default route that is still told. */
  readonly #routeAwaySinceMs = new Map<string, number>();
  #cancelRouteAway: CancelTimer = () => undefined;
  #observations: Reading['observations'] = new Map();
  #waiting: AskedFor | undefined;
  #reading = false;
  #failures = 0;
  #cancelSafety: CancelTimer = () => undefined;
  #cancelRetry: CancelTimer = () => undefined;
  #closed = false;
  /** Readings, and how many of them found nothing new. */
  readonly counts = { readings: 0, equal: 0, failed: 0 };

  constructor(options: PortObserverOptions) {
    this.#options = options;
  }

  /** Observes these ports from now on, and reads them at once. What is known of ports that stay is kept. */
  observe(ports: readonly ObservedPort[]): void {
    this.#ports = ports;
    const kept = new Map<string, InterfaceObservation>();
    for (const { label, interfaceName } of ports) {
      const known = this.#observations.get(label);
      if (known?.interfaceName === interfaceName) kept.set(label, known);
    }
    this.#observations = kept;
    this.#view = watch(
      this.#view,
      ports.map(({ interfaceName }) => interfaceName),
    );
    this.#options.nameServers.follow(this.#view.keys());
    this.readEverything();
  }

  /** Reads everything now; does so by itself twice a minute. */
  readEverything(): void {
    this.#cancelSafety();
    if (this.#closed) return;
    this.#cancelSafety = this.#options.clock.setTimer(SAFETY_READING_MS, () => {
      this.readEverything();
    });
    void this.#options.nameServers.refresh().then(() => {
      this.#wake(everythingOf(this.#view.keys()));
    });
  }

  onKernelEvent(event: KernelEvent): void {
    this.#wake(scopeOfEvent(event, this.#view));
  }

  /** Events were lost: everything may have changed. */
  onEventsLost(): void {
    this.#wake(everythingOf(this.#view.keys()));
  }

  /** Name servers of a lease changed. */
  onNameServers(): void {
    this.#wake({ ...nothing, dnsServers: true });
  }

  close(): void {
    this.#closed = true;
    this.#cancelSafety();
    this.#cancelRetry();
    this.#cancelRouteAway();
  }

  #wake(scope: ReadScope): void {
    if (this.#closed || scope === nothing) return;
    this.#waiting = {
      scope: mergeScopes(this.#waiting?.scope ?? nothing, scope),
      askedAtMs: this.#waiting?.askedAtMs ?? this.#options.clock.monotonicMs(),
    };
    if (!this.#reading) void this.#readWhatWaits();
  }

  /** Never fails. Reads and tells before it returns, but for what follows a loss. */
  async #readWhatWaits(): Promise<void> {
    this.#reading = true;
    for (let asked = this.#takeWaiting(); asked !== undefined; asked = this.#takeWaiting()) {
      try {
        if (this.#read(asked) === 'loss-told') {
          await this.#options.untilTold();
          this.#readRest(asked);
        }
        this.#failures = 0;
      } catch (error) {
        this.#onFailure(error);
        break;
      }
    }
    this.#reading = false;
  }

  #takeWaiting(): AskedFor | undefined {
    const asked = this.#closed ? undefined : this.#waiting;
    this.#waiting = undefined;
    return asked;
  }

  #read({ scope, askedAtMs }: AskedFor): 'told' | 'loss-told' {
    this.counts.readings += 1;
    const known = this.#view;
    this.#view = readInterfaces(this.#options.reader, this.#view, scope);
    const first = this.#compare();
    // Bad news first: those who use the port need not wait for the routes.
    if (first.isLoss) {
      this.#tell(first, askedAtMs);
      return 'loss-told';
    }
    const isMoreToRead = scope.routes || first.changed.length > 0;
    const all = isMoreToRead ? this.#readRoutes(known) : first;
    if (all.changed.length === 0) this.counts.equal += 1;
    this.#tell(all, askedAtMs);
    return 'told';
  }

  /** What was left out in order to tell a loss. */
  #readRest({ askedAtMs }: AskedFor): void {
    if (this.#closed) return;
    const all = this.#readRoutes(this.#view);
    if (all.changed.length > 0) this.#tell(all, askedAtMs);
  }

  /** `known`: the view before anything was read. */
  #readRoutes(known: KernelView): Comparison {
    const { reader } = this.#options;
    const before = this.#view;
    this.#view = readRoutes(reader, before);
    // The kernel drops routes with link and address, whose events may still be on their way: the cause is told, too.
    const bereft = new Set(
      [...this.#view.keys()].filter((name) => hasWayOut(before, name) && !hasWayOut(this.#view, name)),
    );
    this.#view = readInterfaces(reader, this.#view, { links: bereft, addresses: bereft });
    this.#awaitRoutes(known, bereft);
    return this.#compare();
  }

  /** Keeps the routes that are known where nothing but the default route has gone, and that a moment ago. */
  #awaitRoutes(known: KernelView, bereft: ReadonlySet<string>): void {
    const nowMs = this.#options.clock.monotonicMs();
    const view = new Map(this.#view);
    for (const name of [...this.#routeAwaySinceMs.keys()]) if (!bereft.has(name)) this.#routeAwaySinceMs.delete(name);
    for (const name of bereft) {
      const [was, is] = [known.get(name), view.get(name)];
      const sinceMs = this.#routeAwaySinceMs.get(name) ?? nowMs;
      if (nowMs - sinceMs >= ROUTE_AWAY_MS || was === undefined || is === undefined || !isSameButForRoutes(was, is)) {
        this.#routeAwaySinceMs.delete(name);
        continue;
      }
      view.set(name, { ...is, routes: was.routes });
      this.#routeAwaySinceMs.set(name, sinceMs);
    }
    this.#view = view;
    this.#cancelRouteAway();
    if (this.#routeAwaySinceMs.size === 0) return;
    const dueMs = Math.min(...this.#routeAwaySinceMs.values()) + ROUTE_AWAY_MS;
    this.#cancelRouteAway = this.#options.clock.setTimer(dueMs - nowMs, () => {
      this.#wake({ ...nothing, routes: true });
    });
  }

  /** Where nothing has changed, the observations are the ones that were told last. */
  #compare(): Comparison {
    const observations = new Map<string, InterfaceObservation>();
    const changed: PortChange[] = [];
    let isLoss = false;
    for (const { label, interfaceName, addressing, unidentified } of this.#ports) {
      const view = this.#view.get(interfaceName);
      if (view === undefined || view.isUnread) continue;
      const before = this.#observations.get(label);
      const gateway = addressing?.kind === 'static' ? addressing.gateway : undefined;
      const observation =
        unidentified === undefined
          ? observationOf(view, this.#options.nameServers.of(interfaceName), gateway)
          : missingPort;
      if (before !== undefined && sameObservation(before.observation, observation)) {
        observations.set(label, before);
        continue;
      }
      observations.set(label, { interfaceName, observation });
      changed.push({ label, interfaceName, changes: describeChanges(before?.observation, observation) });
      isLoss ||= before !== undefined && isUsable(before.observation) && isWithoutLinkOrAddress(observation);
    }
    return { observations: changed.length === 0 ? this.#observations : observations, changed, isLoss };
  }

  #tell({ observations, changed }: Comparison, askedAtMs: number): void {
    if (this.#closed) return;
    this.#observations = observations;
    const readAtMs = this.#options.clock.monotonicMs();
    this.#options.onReading({ observations, changed, askedAtMs, readAtMs });
  }

  #onFailure(error: unknown): void {
    if (this.#closed) return;
    this.counts.failed += 1;
    this.#options.logger.warn(
      { event: 'port-state-unreadable', err: error },
      'cannot read the state of the ports; what was read before stands',
    );
    const delayMs = backoffMs({ ...retry, attempt: this.#failures });
    this.#failures += 1;
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.setTimer(delayMs, () => {
      this.onEventsLost();
    });
  }
}

function hasWayOut(view: KernelView, interfaceName: string): boolean {
  return view.get(interfaceName)?.routes.some(isDefaultRoute) === true;
}

/** Another address may not send to the gateway of before. */
function isSameButForRoutes(was: InterfaceView, { link, addresses }: InterfaceView): boolean {
  return (
    link !== undefined &&
    link.index === was.link?.index &&
    linkStateOf(link) === 'up' &&
    addresses.length === was.addresses.length &&
    addresses.every(({ address, prefixLength }, position) => {
      const before = was.addresses[position];
      return address === before?.address && prefixLength === before.prefixLength;
    })
  );
}

function isUsable(port: PortObservation): boolean {
  return whyUnusable(port) === undefined;
}

/** What can be said before routes are read. */
function isWithoutLinkOrAddress(port: PortObservation): boolean {
  const reason = whyUnusable(port);
  return reason !== undefined && reason !== 'no-route';
}
