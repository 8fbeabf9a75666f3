import type { NetworkInstanceTestStatus, PortCandidate } from '../../../gen/nim/v1/network_instance_test_status.js';
import type { DeviceNetworkStatus, PortStatus } from '../../../gen/nim/v1/port_status.js';
import { Waiters, whenAborted, type Clock } from '../../../lib/clock/index.js';
import { StateStore } from '../../../lib/rpc/index.js';
import type { Decision } from '../../../lib/decision/decide/index.js';
import type { Budget, BudgetState } from '../../../lib/decision/schedule/index.js';
import type { NetworkSnapshot } from '../../../lib/decision/snapshot/index.js';
import { equalButForTimes } from './equality.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { portStatusOf } from './port-status.js';
import { systemAdapterOf } from './system-adapter.js';
import { budgetMessage } from './target-status.js';
import { byNetworkInstance } from './by-network-instance.js';
import { testStatusOf } from './test-status.js';
import { WallTime } from './timestamp.js';

/** What the stream of NITS is made of: the statuses, and what they rest on. */
export type TestStatusEntry =
  | { readonly kind: 'status'; readonly status: NetworkInstanceTestStatus }
  | {
      readonly kind: 'basis';
      readonly configVersion: bigint;
      readonly policyVersion: bigint;
      readonly deviceNetworkRevision: bigint;
    };

/** Key of the basis; no network instance has an empty UUID. */
const BASIS_KEY = '';

/** Everything that one decision was made from, and the decision. */
export interface Published {
  readonly configuration: ConfigurationInForce;
  readonly snapshot: NetworkSnapshot;
  readonly decision: Decision;
}

/** `isNewModel`: what it is decided by is new, too: a configuration, a policy, or the end of a grant. */
export type NewsListener = (published: Published, isNewModel: boolean) => void;

export type BudgetOf = (label: string) => { readonly budget: Budget; readonly state: BudgetState } | undefined;

/**
 * Keeps what NIM tells others: DeviceNetworkStatus and NITS. Both change in the same tick, ports first, so that no
 * reader of both ever sees a selection whose port it cannot know of. Times, latencies and counts of tests alone make no
 * new revision; they are put in when somebody asks for the state.
 */
export class Publisher {
  readonly ports = new StateStore<PortStatus>({ equals: equalButForTimes });
  readonly testStatuses = new StateStore<TestStatusEntry>({ equals: equalButForTimes });
  readonly #clock: Clock;
  readonly #budgetOf: BudgetOf;
  readonly #waiting = new Waiters();
  readonly #listeners = new Set<NewsListener>();
  #published: Published | undefined;

  /** `budgetOf`: what tests of a port, by its label, may take and have taken; undefined where nothing is tested. */
  constructor(clock: Clock, budgetOf: BudgetOf = () => undefined) {
    this.#clock = clock;
    this.#budgetOf = budgetOf;
  }

  /** What was published last; undefined before the first configuration. */
  get published(): Published | undefined {
    return this.#published;
  }

  /** Resolves when there is something to tell, or the signal aborts. */
  async untilPublished(signal: AbortSignal): Promise<void> {
    if (this.#published !== undefined || signal.aborted) return;
    await this.#waiting.next(signal);
  }

  /**
   * Calls back now, if there is something to tell, and after each change of NITS or of what they are decided by, until
   * the signal aborts. What a grant permits to an operation, for one, is no part of any NITS.
   */
  onNews(listener: NewsListener, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    whenAborted(signal, () => {
      this.#listeners.delete(listener);
    });
    if (this.#published !== undefined) listener(this.#published, true);
  }

  /** What the NITS rest on now. */
  get basis(): Extract<TestStatusEntry, { kind: 'basis' }> {
    const basis = this.testStatuses.get(BASIS_KEY);
    return basis?.kind === 'basis'
      ? basis
      : { kind: 'basis', configVersion: 0n, policyVersion: 0n, deviceNetworkRevision: 0n };
  }

  publish(published: Published): void {
    const isNewModel = this.#published?.configuration.model !== published.configuration.model;
    this.#published = published;
    const wall = new WallTime(this.#clock);
    const { configuration, decision } = published;
    this.ports.replaceAll(this.#portStatuses(published, wall), (status, revision) => ({ ...status, revision }));
    const { version: configVersion, policyVersion } = configuration;
    const entries = new Map<string, TestStatusEntry>([
      [BASIS_KEY, { kind: 'basis', configVersion, policyVersion, deviceNetworkRevision: this.ports.revision }],
    ]);
    for (const [id, { own, routes }] of byNetworkInstance(decision)) {
      entries.set(id, { kind: 'status', status: testStatusOf(own, wall, routes) });
    }
    const isNewStatus = this.testStatuses.replaceAll(entries, (entry, revision) =>
      entry.kind === 'basis' ? entry : { ...entry, status: { ...entry.status, revision } },
    );
    if (isNewModel || isNewStatus) for (const tell of this.#listeners) tell(published, isNewModel);
    this.#waiting.wake();
  }

  /** A reading that found nothing new: only the times of the tests differ. */
  refresh(snapshot: NetworkSnapshot): void {
    if (this.#published !== undefined) this.#published = { ...this.#published, snapshot };
  }

  /** All ports as they are now, times of tests up to date; undefined before the first configuration. */
  deviceNetworkStatus(): DeviceNetworkStatus | undefined {
    if (this.#published === undefined) return undefined;
    const { configuration } = this.#published;
    const fresh = this.#portStatuses(this.#published, new WallTime(this.#clock));
    const statuses = this.ports
      .list()
      .map((status) => ({ ...(fresh.get(status.logicalLabel) ?? status), revision: status.revision }));
    return {
      revision: this.ports.revision,
      epoch: this.ports.epoch,
      ports: statuses,
      systemAdapter: systemAdapterOf(configuration.model.ports, statuses, configuration.pushedAt),
    };
  }

  /** All NITS as they are now, times of tests up to date. */
  networkInstanceTestStatuses(): readonly NetworkInstanceTestStatus[] {
    const published = this.#published;
    if (published === undefined) return [];
    const fresh = this.#portStatuses(published, new WallTime(this.#clock));
    return this.testStatuses.list().flatMap((entry) => {
      if (entry.kind === 'basis') return [];
      const candidates = entry.status.candidates.map((one) => withTestsOf(fresh.get(one.logicalLabel), one));
      return [{ ...entry.status, candidates }];
    });
  }

  #portStatuses({ configuration, snapshot, decision }: Published, wall: WallTime): Map<string, PortStatus> {
    return new Map(
      configuration.model.ports.map((port) => {
        const facts = snapshot.ports.get(port.label);
        const usableSinceMs = decision.memory.ports.get(port.label)?.usableSinceMs;
        const status = portStatusOf({ port, policy: configuration.model, facts, usableSinceMs }, wall);
        const budget = status.targets.length === 0 ? undefined : this.#budgetOf(port.label);
        return [
          port.label,
          budget === undefined ? status : { ...status, testBudget: budgetMessage(budget.budget, budget.state) },
        ];
      }),
    );
  }
}

/** The candidate with what its own tests have shown by now. */
function withTestsOf(fresh: PortStatus | undefined, stale: PortCandidate): PortCandidate {
  if (fresh === undefined) return stale;
  if (stale.target === '') return { ...stale, lastSucceeded: fresh.lastSucceeded, lastFailed: fresh.lastFailed };
  const target = fresh.targets.find((one) => one.target === stale.target);
  if (target === undefined) return stale;
  const { lastSucceeded, lastFailed, lastFailure, lastError, latency, inDoubt } = target;
  return { ...stale, lastSucceeded, lastFailed, lastFailure, lastError, latency, inDoubt };
}
