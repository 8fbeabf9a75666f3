import type { IpAnswer } from 'iproute-exec';

import { backoffMs, type CancelTimer, type Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { describeChanges, whyUnusable, type PortObservation } from '../../../lib/decision/snapshot/index.js';
import type { LinkReading } from './kernel-reading.js';
import {
  emptyView,
  observationOf,
  questionsFor,
  takeAnswers,
  viewOf,
  withLink,
  type KernelView,
} from './kernel-view.js';
import { scopeOfLine } from './monitor-line.js';
import { everythingOf, mergeScopes, nothing, type ReadScope } from './read-scope.js';

/** The part of NetlinkReader, or of IpReader, that is used. */
export interface KernelReader {
  query(commands: readonly (readonly string[])[]): Promise<readonly IpAnswer[]>;
  forgetInterfaces(): void;
}

/** Name servers of the leases, as they were last read. */
export interface NameServerSource {
  of(interfaceName: string): readonly string[];
  follow(interfaceNames: Iterable<string>): void;
  /** Never fails. */
  refresh(): Promise<void>;
}

/** A port to observe. */
export interface ObservedPort {
  readonly label: string;
  readonly interfaceName: string;
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

type Comparison = Pick<Reading, 'observations' | 'changed'>;

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

/** What the monitor missed, or its words did not let us see, is found by then. */
const safetyReadingMs = 30_000;

/** A reading that failed is tried again after this time, then twice that and so on. */
const retry = { firstMs: 100, mostMs: 5_000 };

/**
 * Observes ports: events only wake it; what they are about is read from the kernel and compared with the last reading.
 * At most one reading is under way and one more waits, whatever number of events comes. A port that has lost link or
 * address is told before anything else is read.
 */
export class PortObserver {
  readonly #options: PortObserverOptions;
  #ports: readonly ObservedPort[] = [];
  #view: KernelView = emptyView;
  #observations: ReadonlyMap<string, InterfaceObservation> = new Map();
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
    const kept = new Map(
      [...this.#observations].filter(([label, { interfaceName }]) =>
        ports.some((port) => port.label === label && port.interfaceName === interfaceName),
      ),
    );
    this.#observations = kept;
    this.#view = viewOf(this.#view, new Set(this.#interfaceNames()));
    for (const { interfaceName } of ports) {
      if (!isInterfaceName(interfaceName)) this.#view = withLink(this.#view, interfaceName, { kind: 'missing' });
    }
    this.#options.nameServers.follow(this.#interfaceNames());
    this.readEverything();
  }

  /** Reads everything now; does so by itself twice a minute. */
  readEverything(): void {
    this.#cancelSafety();
    if (this.#closed) return;
    this.#cancelSafety = this.#options.clock.setTimer(safetyReadingMs, () => {
      this.readEverything();
    });
    void this.#options.nameServers.refresh().then(() => {
      this.#wake(everythingOf(this.#interfaceNames()));
    });
  }

  /** A line of `ip monitor`. */
  onMonitorLine(line: string): void {
    const indexes = this.#interfaceNames().map((name) => {
      const link = this.#view.links.get(name);
      return [name, link?.kind === 'present' ? link.index : undefined] as const;
    });
    this.#wake(scopeOfLine(line, new Map(indexes)));
  }

  /** Events were lost. */
  onMonitorLost(): void {
    this.#wake({ ...everythingOf(this.#interfaceNames()), forgetInterfaces: true });
  }

  /** Name servers of a lease changed. */
  onNameServers(): void {
    this.#wake({ ...nothing, dnsServers: true });
  }

  close(): void {
    this.#closed = true;
    this.#cancelSafety();
    this.#cancelRetry();
  }

  #interfaceNames(): readonly string[] {
    return this.#ports.map(({ interfaceName }) => interfaceName).filter(isInterfaceName);
  }

  #wake(scope: ReadScope): void {
    if (this.#closed || scope === nothing) return;
    this.#waiting = {
      scope: mergeScopes(this.#waiting?.scope ?? nothing, scope),
      askedAtMs: this.#waiting?.askedAtMs ?? this.#options.clock.monotonicMs(),
    };
    if (!this.#reading) void this.#readWhatWaits();
  }

  async #readWhatWaits(): Promise<void> {
    this.#reading = true;
    for (let asked = this.#takeWaiting(); asked !== undefined; asked = this.#takeWaiting()) {
      try {
        await this.#read(asked.scope, asked.askedAtMs);
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

  async #read(scope: ReadScope, askedAtMs: number): Promise<void> {
    this.counts.readings += 1;
    if (scope.forgetInterfaces) this.#options.reader.forgetInterfaces();
    const indexBefore = new Map(this.#view.links);
    await this.#ask({ links: scope.links, addresses: scope.addresses, routes: false });
    await this.#confirmMissing(indexBefore, scope);
    const replaced = [...scope.links].filter((name) => isReplaced(indexBefore.get(name), this.#view.links.get(name)));
    const now = this.#compare();
    // Bad news first: those who use the port need not wait for the routes.
    const bad = now.changed.some(({ label }) => this.#isLost(label, now.observations));
    if (bad) {
      this.#tell(now, askedAtMs);
      await this.#options.untilTold();
    }
    const isMoreToRead = replaced.length > 0 || scope.routes || now.changed.length > 0;
    if (isMoreToRead) await this.#ask({ links: new Set(), addresses: new Set(replaced), routes: true });
    const all = isMoreToRead ? this.#compare() : now;
    if (!bad || all.changed.length > 0) this.#tell(all, askedAtMs);
    if (!bad && all.changed.length === 0) this.counts.equal += 1;
  }

  async #ask(scope: Pick<ReadScope, 'links' | 'addresses' | 'routes'>): Promise<void> {
    const questions = questionsFor(scope);
    if (questions.length === 0) return;
    const answers = await this.#options.reader.query(questions.map(({ command }) => command));
    this.#view = takeAnswers(this.#view, questions, answers);
  }

  /**
   * ip remembers the index behind a name; an interface that was replaced since looks as if it were gone. So before a
   * port that was there counts as missing, a fresh ip is asked.
   */
  async #confirmMissing(before: KernelView['links'], scope: ReadScope): Promise<void> {
    const doubtful = [...scope.links].filter((name) => {
      const link = this.#view.links.get(name);
      const vanished = link?.kind === 'missing' && before.get(name)?.kind === 'present' && !scope.forgetInterfaces;
      return vanished || link?.kind === 'another-interface';
    });
    if (doubtful.length === 0) return;
    this.#options.reader.forgetInterfaces();
    await this.#ask({ links: new Set(doubtful), addresses: new Set(), routes: false });
  }

  /** What is known now, and how it differs from what was told last. */
  #compare(): Comparison {
    const observations = new Map<string, InterfaceObservation>();
    const changed: PortChange[] = [];
    for (const { label, interfaceName } of this.#ports) {
      if (!this.#view.links.has(interfaceName)) continue;
      const observation = observationOf(this.#view, interfaceName, this.#options.nameServers.of(interfaceName));
      observations.set(label, { interfaceName, observation });
      const changes = describeChanges(this.#observations.get(label)?.observation, observation);
      if (changes.length > 0) changed.push({ label, interfaceName, changes });
    }
    return { observations, changed };
  }

  #isLost(label: string, observations: Comparison['observations']): boolean {
    const before = this.#observations.get(label)?.observation;
    const now = observations.get(label)?.observation;
    return (
      before !== undefined && now !== undefined && whyUnusable(before) === undefined && whyUnusable(now) !== undefined
    );
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
    this.#options.logger.warn({ err: error }, 'cannot read the state of the ports; what was read before stands');
    const delayMs = backoffMs({ ...retry, attempt: this.#failures });
    this.#failures += 1;
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.setTimer(delayMs, () => {
      this.onMonitorLost();
    });
  }
}

/** What the kernel would not take for a name (IFNAMSIZ, dev_valid_name), ip would take for the end of all queries. */
function isInterfaceName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name);
}

/** There is an interface, and it is not the one that was there before. */
function isReplaced(before: LinkReading | undefined, now: LinkReading | undefined): boolean {
  if (now?.kind !== 'present') return false;
  return before?.kind !== 'present' || before.index !== now.index;
}
