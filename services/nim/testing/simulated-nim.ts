import { VirtualClock } from '../../../lib/clock/index.js';
import { parseTarget, type Port, type NetworkInstance } from '../../../lib/configuration/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { untilSent } from '../../../lib/rpc/index.js';
import { portAs } from '../../../lib/decision/decide/testing/scenario.js';
import type { ManagerEvent } from '../events/index.js';
import { noInstrumentation, type Instrumentation } from '../metrics/instrumentation.js';
import { Manager } from '../manager.js';
import { Publisher } from '../publish/index.js';
import { RemoteTests } from '../probing/remote-tests.js';
import { describeChanges, sameObservation, type PortObservation } from '../../../lib/decision/snapshot/index.js';
import { BudgetBook } from '../probing/tester/index.js';
import { SimulatedNetwork } from '../probing/tester/testing/simulated-network.js';
import { configurationOf, networkInstanceModel, portModel } from './model.js';

/** A switch of a network instance. */
export interface Switch {
  readonly atMs: number;
  readonly networkInstance: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface SimulatedNimOptions {
  /** Logical label to priority. */
  readonly ports: Readonly<Record<string, number>>;
  readonly networkInstances?: Readonly<Record<string, Partial<NetworkInstance>>>;
  readonly portChanges?: Readonly<Record<string, Partial<Port>>>;
  /** Undefined: nobody said where the controller is. */
  readonly controller?: string | undefined;
  readonly seed?: number;
  readonly instrument?: (publisher: Publisher) => Instrumentation;
}

/** All of NIM between the kernel's readings and its streams, in virtual time, over a simulated network. */
export class SimulatedNim {
  readonly clock = new VirtualClock();
  readonly network: SimulatedNetwork;
  readonly switches: Switch[] = [];
  readonly publisher: Publisher;
  readonly tests: RemoteTests;
  readonly #manager: Manager;
  readonly #options: SimulatedNimOptions;
  #version = 0n;
  readonly #observed = new Map<string, PortObservation>();
  readonly #sending = new Map<string, { up: number; down: number }>();
  /** Ports over which apps send now, and which of the networks that they send to answers. */
  readonly #apps = new Map<string, () => boolean>();

  constructor(options: SimulatedNimOptions) {
    const { clock } = this;
    this.network = new SimulatedNetwork(clock, options.seed ?? 1);
    const budgets = new BudgetBook(clock);
    this.publisher = new Publisher(clock, (label) => {
      const budget = budgets.of(label);
      return budget === undefined ? undefined : { budget, state: budgets.state(label) };
    });
    const logger = createLogger({ service: 'test', level: 'silent' });
    this.tests = new RemoteTests({
      ...{ clock, logger, prober: this.network, budgets },
      readTraffic: () => this.#readTraffic(),
      onNews: () => {
        this.#manager.onTestNews();
      },
      onNothingNew: () => {
        this.#manager.onTestRepeated();
      },
      onVerdict: () => undefined,
    });
    this.#manager = new Manager({
      ...{ clock, logger, publisher: this.publisher, tests: this.tests },
      events: {
        append: (event: ManagerEvent) => {
          this.#note(event);
        },
        list: () => [],
      },
      instrumentation: options.instrument?.(this.publisher) ?? noInstrumentation,
      observe: () => undefined,
      untilTold: untilSent,
      onMemory: () => undefined,
    });
    this.#options = options;
    this.configure(options.networkInstances ?? { crew: {} });
    this.read(Object.fromEntries(Object.keys(options.ports).map((label) => [label, 'up'])));
  }

  /** Takes a configuration with these network instances. */
  configure(networkInstances: Readonly<Record<string, Partial<NetworkInstance>>>): void {
    const { ports, portChanges = {}, controller } = this.#options;
    this.#version += 1n;
    const configuration = configurationOf(this.#version, {
      ports: Object.entries(ports).map(([label, priority]) => portModel(label, priority, portChanges[label])),
      networkInstances: Object.entries(networkInstances).map(([name, changes]) =>
        networkInstanceModel(name, { name, ...changes }),
      ),
    });
    const controllerTarget = controller === undefined ? undefined : targetOf(controller);
    this.#manager.onConfiguration({ ...configuration, model: { ...configuration.model, controllerTarget } });
  }

  /** What the observer tells after these ports have come to be as the words say (decide/testing/scenario.ts). */
  read(words: Readonly<Record<string, string>>): void {
    const changed = Object.entries(words).flatMap(([label, word]) => {
      const observation = portAs(label, word);
      const before = this.#observed.get(label);
      this.#observed.set(label, observation);
      if (before !== undefined && sameObservation(before, observation)) return [];
      return [{ label, interfaceName: label, changes: describeChanges(before, observation) }];
    });
    const observations = new Map(
      [...this.#observed].map(([label, observation]) => [label, { interfaceName: label, observation }]),
    );
    this.#manager.onReading({
      observations,
      changed,
      askedAtMs: this.clock.monotonicMs(),
      readAtMs: this.clock.monotonicMs(),
    });
  }

  /** An app of this network instance sends from now on, 50 packets a second, over whatever port it is given. */
  startApp(networkInstance: string): void {
    this.#apps.set(networkInstance, () => {
      const port = this.portOf(networkInstance);
      return port !== undefined && this.network.path(port).state !== 'dead';
    });
  }

  portOf(networkInstance: string): string | undefined {
    for (const entry of this.publisher.testStatuses.list()) {
      if (entry.kind === 'status' && entry.status.displayName === networkInstance) {
        return entry.status.selectedPort?.logicalLabel;
      }
    }
    return undefined;
  }

  async run(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  /** Milliseconds until the network instance is on this port. @throws where that takes longer than `mostMs` */
  async until(networkInstance: string, port: string, mostMs: number): Promise<number> {
    const beganMs = this.clock.monotonicMs();
    while (this.portOf(networkInstance) !== port) {
      if (this.clock.monotonicMs() - beganMs > mostMs) {
        throw new Error(`${networkInstance} is on ${String(this.portOf(networkInstance))} after ${mostMs} ms`);
      }
      await this.run(10);
    }
    return this.clock.monotonicMs() - beganMs;
  }

  close(): void {
    this.#manager.close();
    this.tests.close();
  }

  #readTraffic() {
    for (const [networkInstance, answers] of this.#apps) {
      const port = this.portOf(networkInstance);
      if (port === undefined) continue;
      const count = this.#sending.get(port) ?? { up: 0, down: 0 };
      count.up += 5;
      if (answers()) count.down += 5;
      this.#sending.set(port, count);
    }
    return new Map(
      [...this.#observed.keys()].map((label) => {
        const { up = 0, down = 0 } = this.#sending.get(label) ?? {};
        const noTcp = { tcpOpens: 0, tcpUpPackets: 0, tcpDownPackets: 0, tcpDownBytes: 0 };
        return [label, { upPackets: up, downPackets: down, ...noTcp }];
      }),
    );
  }

  #note(event: ManagerEvent): void {
    if (event.kind !== 'selection-changed' || event.cause === 'first') return;
    const { networkInstanceName: networkInstance, fromPort: from, toPort: to } = event;
    this.switches.push({ atMs: this.clock.monotonicMs(), networkInstance, from, to });
  }
}

function targetOf(text: string) {
  const parsed = parseTarget(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.problem);
  return parsed.target;
}
