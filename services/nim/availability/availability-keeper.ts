import { routeSelectionOf } from '../../../lib/configuration/index.js';
import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import type { Candidate } from '../../../lib/decision/decide/index.js';
import type { Budget } from '../../../lib/decision/schedule/index.js';
import { sum, type Counts, type History } from '../../../lib/history/index.js';
import { failoverMs } from '../metrics/failover-time.js';
import type { Instrumentation, MeasuredDecision, SelectionChange } from '../metrics/instrumentation.js';
import { byNetworkInstance, type Publisher } from '../publish/index.js';
import type { AvailabilityState, SpentBytes } from './availability-state.js';
import type { OutageBook } from './outage-book.js';
import type { Outage } from './outage.js';
import { causeCounts, testByteCounts, timeCounts } from './series.js';
import { instanceView, portView, type InstanceView, type PortView } from './views.js';

/** Time is put into the hour so often, for what a power cut may take. */
const COUNT_EVERY_MS = 2_000;

export interface AvailabilityKeeperOptions {
  readonly clock: Clock;
  readonly history: History<AvailabilityState>;
  readonly outages: OutageBook;
  readonly publisher: Pick<Publisher, 'deviceNetworkStatus'>;
  /** What tests of a port have taken; undefined: nothing is tested. */
  readonly budgetOf: (label: string) => Pick<Budget, 'spentBytes' | 'monthBeganMs'> | undefined;
}

/**
 * Keeps how long ports and network instances were in which state, and their outages. Called after the streams have
 * got what they wait for.
 */
export class AvailabilityKeeper implements Instrumentation {
  readonly #options: AvailabilityKeeperOptions;
  #ports: ReadonlyMap<string, PortView> = new Map();
  #instances: ReadonlyMap<string, InstanceView> = new Map();
  /** Monotonic; up to then time was counted. */
  #countedUntilMs: number | undefined;
  readonly #spent: Map<string, SpentBytes>;
  /** Outages of an earlier run: what is merely untested now has not been seen to work since. */
  readonly #restored: Set<string>;
  /** Network instances whose outage has ended with this decision. */
  #endedWith: { readonly measured: MeasuredDecision; readonly ids: ReadonlySet<string> } | undefined;
  #cancel: CancelTimer = () => undefined;

  constructor(options: AvailabilityKeeperOptions) {
    this.#options = options;
    this.#spent = new Map(options.history.state?.spent);
    this.#restored = new Set(options.outages.lasting().map(({ kind, id }) => `${kind} ${id}`));
    this.#schedule();
  }

  /** Counts up to now; the rest is on disk then. */
  async close(): Promise<void> {
    this.#cancel();
    this.count();
    await Promise.all([this.#options.history.close(), this.#options.outages.close()]);
  }

  /** Time up to now, and what tests have taken, are in the history when this returns. */
  count(): void {
    this.#add([this.#time(this.#options.clock.monotonicMs()), ...this.#testBytes()]);
  }

  onDecision(measured: MeasuredDecision): void {
    const { clock, publisher } = this.#options;
    const { snapshot, decision, publishedAtMs } = measured;
    const offsetMs = clock.wallMs() - clock.monotonicMs();
    const time = this.#time(publishedAtMs);
    const wallOf = (monotonicMs: number | undefined): number | undefined =>
      monotonicMs === undefined ? undefined : monotonicMs + offsetMs;
    const ports = new Map(
      (publisher.deviceNetworkStatus()?.ports ?? []).map((status) => [
        status.logicalLabel,
        portView(status, wallOf(snapshot.ports.get(status.logicalLabel)?.trafficAnsweredMs)),
      ]),
    );
    const lastSignOf = ({ label, test }: Candidate): number | undefined => {
      const signs = [test.lastSucceededMs, snapshot.ports.get(label)?.trafficAnsweredMs].filter(
        (each) => each !== undefined,
      );
      return signs.length === 0 ? undefined : wallOf(Math.max(...signs));
    };
    const instances = new Map(
      [...byNetworkInstance(decision)].map(([id, { own }]) => [id, instanceView(own, lastSignOf)]),
    );
    const heardMs = (measured.trigger.kind === 'kernel' ? measured.trigger.atMs : publishedAtMs) + offsetMs;
    this.#noteOutages(measured, ports, instances, { heardMs, nowMs: publishedAtMs + offsetMs });
    this.#ports = ports;
    this.#instances = instances;
    this.#add([time, ...this.#testBytes()]);
  }

  onSelectionChanged(change: SelectionChange, measured: MeasuredDecision): void {
    const { networkInstanceId: id, networkInstanceName: name, fromPort, toPort, cause, causeDetail } = change;
    if (routeSelectionOf(id) !== undefined) return;
    const { clock, outages } = this.#options;
    const detectionMs = failoverMs(change, measured);
    const isNoted = this.#endedWith?.measured === measured && this.#endedWith.ids.has(id);
    if (detectionMs !== undefined && fromPort !== undefined && toPort !== undefined && !isNoted) {
      const endMs = measured.publishedAtMs + clock.wallMs() - clock.monotonicMs();
      outages.end({
        ...{ kind: 'network-instance', id, name, beginMs: endMs - detectionMs, endMs, detectionMs },
        ...{ cause: causeDetail, failure: 0, fromPort, toPort },
      });
    }
    this.#add([causeCounts(id, cause)]);
  }

  #noteOutages(
    measured: MeasuredDecision,
    ports: ReadonlyMap<string, PortView>,
    instances: ReadonlyMap<string, InstanceView>,
    { heardMs, nowMs }: { readonly heardMs: number; readonly nowMs: number },
  ): void {
    const began = (lastSignMs: number | undefined): Pick<Outage, 'beginMs' | 'detectionMs'> => {
      const beginMs = Math.min(lastSignMs ?? heardMs, nowMs);
      return { beginMs, detectionMs: nowMs - beginMs };
    };
    for (const [id, view] of ports) {
      const { state, cause, failure } = view;
      this.#noteOutage({
        ...{ kind: 'port', id, isDown: state === 'failing' || state === 'unusable', isKnown: state === 'working' },
        endMs: nowMs,
        toPort: '',
        begin: () => ({
          ...{ kind: 'port', id, name: '', endMs: undefined, cause, failure, fromPort: '', toPort: '' },
          ...began(state === 'failing' ? view.lastSignMs : heardMs),
        }),
      });
    }
    const ended = new Set<string>();
    for (const [id, view] of instances) {
      const { name, state, cause } = view;
      const before = this.#instances.get(id);
      const hasEnded = this.#noteOutage({
        ...{ kind: 'network-instance', id, isDown: state !== 'online', isKnown: state === 'online' },
        endMs: nowMs,
        toPort: view.port ?? '',
        begin: () => ({
          ...{ kind: 'network-instance', id, name, endMs: undefined, cause, failure: 0, toPort: '' },
          fromPort: before?.port ?? view.port ?? '',
          ...began(state === 'failing' ? view.lastSignMs : heardMs),
        }),
      });
      if (hasEnded) ended.add(id);
    }
    this.#endedWith = { measured, ids: ended };
    // What is not configured any more has no outage.
    for (const outage of this.#options.outages.lasting()) {
      const isThere = outage.kind === 'port' ? ports.has(outage.id) : instances.has(outage.id);
      if (!isThere) this.#options.outages.end({ ...outage, endMs: nowMs });
    }
  }

  /** Whether one has ended. */
  #noteOutage(now: {
    readonly kind: Outage['kind'];
    readonly id: string;
    readonly isDown: boolean;
    /** It is known to work; what is restored ends with that alone. */
    readonly isKnown: boolean;
    readonly endMs: number;
    readonly toPort: string;
    readonly begin: () => Outage;
  }): boolean {
    const { outages } = this.#options;
    const lasting = outages.lastingOf(now.kind, now.id);
    if (now.isDown) {
      if (lasting === undefined) outages.begin(now.begin());
      return false;
    }
    const key = `${now.kind} ${now.id}`;
    if (lasting === undefined || (this.#restored.has(key) && !now.isKnown)) return false;
    this.#restored.delete(key);
    outages.end({ ...lasting, endMs: Math.max(now.endMs, lasting.beginMs), toPort: now.toPort });
    return true;
  }

  /** What has passed until then, in the states that were. */
  #time(untilMs: number): Counts {
    const elapsedMs = untilMs - (this.#countedUntilMs ?? untilMs);
    // What a decision changes is heard of after it was published; time may have been counted in between.
    this.#countedUntilMs = Math.max(untilMs, this.#countedUntilMs ?? untilMs);
    return timeCounts(this.#ports, this.#instances, elapsedMs);
  }

  #testBytes(): readonly Counts[] {
    return [...this.#ports.keys()].map((label): Counts => {
      const budget = this.#options.budgetOf(label);
      if (budget === undefined) return new Map();
      const { spentBytes, monthBeganMs } = budget;
      const before = this.#spent.get(label);
      this.#spent.set(label, { monthBeganMs, spentBytes });
      if (before === undefined) return new Map();
      // A new month begins at zero. In the same one it is less after a kill: what was spent then has been counted.
      const grown = spentBytes - (before.monthBeganMs === monthBeganMs ? before.spentBytes : 0);
      return testByteCounts(label, grown);
    });
  }

  #add(counts: readonly Counts[]): void {
    const { history, outages } = this.#options;
    history.add(sum(counts), { spent: new Map(this.#spent), lasting: outages.lasting() });
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.setTimer(COUNT_EVERY_MS, () => {
      this.count();
      this.#schedule();
    });
  }
}

/** Tells both, in this order. */
export function bothOf(first: Instrumentation, second: Instrumentation): Instrumentation {
  return {
    onDecision: (measured) => {
      first.onDecision(measured);
      second.onDecision(measured);
    },
    onSelectionChanged: (change, measured) => {
      first.onSelectionChanged(change, measured);
      second.onSelectionChanged(change, measured);
    },
  };
}
