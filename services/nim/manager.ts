import type { CancelTimer, Clock } from '../../lib/clock/index.js';
import type { Logger } from '../../lib/observability/index.js';
import { decide, emptyMemory, type Decision, type DecisionMemory } from '../../lib/decision/decide/index.js';
import type { EventLog, ManagerEvent } from './events/index.js';
import type { Instrumentation, MeasuredDecision, Trigger } from './metrics/instrumentation.js';
import type { ObservedPort, Reading } from './observe/index.js';
import type { ConfigurationInForce, Published, Publisher } from './publish/index.js';
import type { RemoteTests } from './probing/remote-tests.js';
import { noTestFacts, testByAddress, type NetworkSnapshot, type PortFacts } from '../../lib/decision/snapshot/index.js';

/** What is known of a port, and of which interface it was read. */
type KnownPort = PortFacts & { readonly interfaceName: string };

export interface ManagerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly publisher: Publisher;
  readonly events: Pick<EventLog, 'append' | 'list'>;
  readonly instrumentation: Instrumentation;
  /** What an earlier run of this boot remembered. */
  readonly memory?: DecisionMemory;
  /** The tests of the far end; undefined: link and address are all that is known. */
  readonly tests?: Pick<RemoteTests, 'factsOf' | 'follow'>;
  /**
   * Resolves when a decision has been told, and those who heard have had the processor: what can wait is done after
   * that.
   */
  readonly untilTold: () => Promise<void>;
  /** Makes the observer watch these ports from now on. */
  readonly observe: (ports: readonly ObservedPort[]) => void;
  /** Called with the memory of each decision. */
  readonly onMemory: (memory: DecisionMemory) => void;
}

/**
 * Puts together what is observed, what is configured and what is remembered, decides, and publishes. Each of its inputs
 * only asks for a decision; from a reading of the kernel to the streams everything happens in one turn of the event
 * loop, and what need not be done in it (the event log, the log, the memory) is done after it.
 */
export class Manager {
  readonly #options: ManagerOptions;
  readonly #facts = new Map<string, KnownPort>();
  #memory: DecisionMemory;
  #configuration: ConfigurationInForce | undefined;
  /** A configuration some of whose ports have not been read yet: deciding by it would take them for missing. */
  #waiting: { readonly configuration: ConfigurationInForce; readonly trigger: Trigger } | undefined;
  #toFollow: Published | undefined;
  /** What is to be done when the last decisions have been told. */
  #afterwards: (() => void)[] = [];
  #cancelNextDecision: CancelTimer = () => undefined;
  #closed = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#memory = options.memory ?? emptyMemory;
  }

  /**
   * Takes a configuration. It counts as soon as all of its ports have been read, which is at once where it brings no
   * new one.
   */
  onConfiguration(configuration: ConfigurationInForce): void {
    const trigger = this.#triggerNow('configuration');
    this.#waiting = { configuration, trigger };
    if (this.#isRead(configuration)) this.#takeOver(configuration, trigger);
    this.#options.observe(configuration.model.ports);
  }

  onReading(reading: Reading): void {
    if (this.#closed) return;
    const events: ManagerEvent[] = [];
    for (const [label, { interfaceName, observation }] of reading.observations) {
      const change = reading.changed.find((one) => one.label === label);
      const known = this.#facts.get(label);
      const before = known?.interfaceName === interfaceName ? known : undefined;
      if (change !== undefined && before !== undefined) events.push({ kind: 'port-changed', ...change });
      this.#facts.set(label, {
        interfaceName,
        observation,
        observedSinceMs: change === undefined && before !== undefined ? before.observedSinceMs : reading.readAtMs,
        test: testByAddress(before?.test ?? noTestFacts, observation, reading.readAtMs),
      });
    }
    if (this.#waiting !== undefined && this.#isRead(this.#waiting.configuration)) {
      this.#takeOver(this.#waiting.configuration, this.#waiting.trigger, events);
    } else if (reading.changed.length > 0) this.#decide(events, { kind: 'kernel', atMs: reading.askedAtMs });
    else this.#options.publisher.refresh(this.#snapshot());
  }

  /** A test has shown something that may change what is decided. */
  onTestNews(): void {
    this.#decide([], this.#triggerNow('test'));
  }

  /** A test went as the one before. */
  onTestRepeated(): void {
    if (!this.#closed) this.#options.publisher.refresh(this.#snapshot());
  }

  /** Decides no more; what was decided is recorded. */
  close(): void {
    this.#closed = true;
    this.#cancelNextDecision();
    this.#catchUp();
  }

  #isRead({ model }: ConfigurationInForce): boolean {
    return model.ports.every(({ label, interfaceName }) => this.#facts.get(label)?.interfaceName === interfaceName);
  }

  #triggerNow(kind: Trigger['kind']): Trigger {
    return { kind, atMs: this.#options.clock.monotonicMs() };
  }

  #takeOver(configuration: ConfigurationInForce, trigger: Trigger, events: readonly ManagerEvent[] = []): void {
    const { version, author, changes, reason, model } = configuration;
    const told = { ...(changes === undefined ? {} : { changes }), ...(reason === undefined ? {} : { reason }) };
    this.#configuration = configuration;
    this.#waiting = undefined;
    for (const label of this.#facts.keys()) {
      if (!model.ports.some((port) => port.label === label)) this.#facts.delete(label);
    }
    this.#decide([...events, { kind: 'configuration-changed', version, author, ...told }], trigger);
  }

  #snapshot(): NetworkSnapshot {
    const { tests } = this.#options;
    if (tests === undefined) return { ports: new Map(this.#facts) };
    return { ports: new Map([...this.#facts].map(([label, facts]) => [label, { ...facts, ...tests.factsOf(label) }])) };
  }

  #decide(events: readonly ManagerEvent[], trigger: Trigger): void {
    const configuration = this.#configuration;
    if (configuration === undefined || this.#closed) return;
    const { clock, publisher, instrumentation } = this.#options;
    const startedMs = clock.monotonicMs();
    const snapshot = this.#snapshot();
    const before = this.#memory;
    const decision = decide(snapshot, configuration.model, before, startedMs);
    publisher.publish({ configuration, snapshot, decision });
    this.#memory = decision.memory;
    this.#decideAgainAt(decision.nextDecisionAtMs);
    const [wallMs, publishedAtMs] = [clock.wallMs(), clock.monotonicMs()];
    const measured = { snapshot, decision, trigger, tookMs: publishedAtMs - startedMs, publishedAtMs };
    this.#toFollow = { configuration, snapshot, decision };
    this.#doAfterwards(() => {
      this.#followDecision();
      instrumentation.onDecision(measured);
      this.#record([...events, ...selectionChanges(before, decision)], wallMs, measured);
      this.#options.onMemory(decision.memory);
    });
  }

  #doAfterwards(work: () => void): void {
    this.#afterwards.push(work);
    if (this.#afterwards.length > 1) return;
    void this.#options.untilTold().then(() => {
      this.#catchUp();
    });
  }

  #catchUp(): void {
    for (const work of this.#afterwards.splice(0)) work();
  }

  /** What is tested follows from the last decision; of several in one turn only that one counts. */
  #followDecision(): void {
    const latest = this.#toFollow;
    this.#toFollow = undefined;
    if (latest === undefined || this.#closed) return;
    this.#options.tests?.follow(latest.configuration, latest.snapshot, latest.decision);
  }

  #decideAgainAt(nextDecisionAtMs: number | undefined): void {
    const { clock } = this.#options;
    this.#cancelNextDecision();
    this.#cancelNextDecision = () => undefined;
    if (nextDecisionAtMs === undefined) return;
    // Timers may fire a fraction of a millisecond early, and would then find nothing to do.
    const delayMs = Math.ceil(nextDecisionAtMs - clock.monotonicMs()) + 1;
    this.#cancelNextDecision = clock.setTimer(delayMs, () => {
      this.#decide([], this.#triggerNow('hold'));
    });
  }

  #record(events: readonly ManagerEvent[], wallMs: number, measured: MeasuredDecision): void {
    for (const event of events) {
      if (event.kind === 'configuration-changed' && this.#isLogged(event.version)) continue;
      this.#options.events.append(event, wallMs);
      const { kind, ...fields } = event;
      this.#options.logger.info({ event: kind, ...fields }, kind.replaceAll('-', ' '));
      if (event.kind === 'selection-changed') this.#options.instrumentation.onSelectionChanged(event, measured);
    }
  }

  /** A restart takes the same configuration again, which is no change. */
  #isLogged(version: bigint): boolean {
    const last = this.#options.events.list(0).findLast(({ event }) => event.kind === 'configuration-changed')?.event;
    return last?.kind === 'configuration-changed' && last.version === version;
  }
}

function selectionChanges(before: DecisionMemory, { selections, memory }: Decision): readonly ManagerEvent[] {
  return [...selections].flatMap(([id, { networkInstanceName, cause, causeDetail }]): readonly ManagerEvent[] => {
    const known = before.selections.get(id);
    const fromPort = known?.port;
    const toPort = memory.selections.get(id)?.port;
    if (known !== undefined && fromPort === toPort) return [];
    return [
      { kind: 'selection-changed', networkInstanceId: id, networkInstanceName, fromPort, toPort, cause, causeDetail },
    ];
  });
}
