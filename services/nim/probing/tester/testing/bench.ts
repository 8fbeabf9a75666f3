import { VirtualClock } from '../../../../../lib/clock/index.js';
import { parseTarget, targetKey, type ProbeTarget } from '../../../../../lib/configuration/index.js';
import { createLogger } from '../../../../../lib/observability/index.js';
import type { Health, HealthSettings } from '../../../../../lib/decision/health/index.js';
import { paceOf, type PortRole } from '../../../../../lib/decision/schedule/index.js';
import type { TestAssignment, TestedPort } from '../assignment.js';
import type { Prober } from '../attempt.js';
import { BudgetBook } from '../budget-book.js';
import { Tester } from '../tester.js';
import { SimulatedNetwork, type SimulatedPath } from './simulated-network.js';

/** What EVE's controller ping asks. */
export const controller = targetOf('https://controller.example/api/v2/edgedevice/ping');

/** A target that is known to be valid. @throws Error where it is not */
export function targetOf(text: string): ProbeTarget {
  const parsed = parseTarget(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.problem);
  return parsed.target;
}

/** One port with one target, tested in virtual time. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly network = new SimulatedNetwork(this.clock, 7);
  readonly budgets = new BudgetBook(this.clock);
  readonly tester: Tester;
  readonly #settings: HealthSettings;
  readonly #priority: number;
  readonly #monthlyBytes: number;
  readonly #target: ProbeTarget;
  readonly #payloadBytes: number;
  #role: PortRole = { kind: 'in-use' };
  #validSinceMs: number | undefined = 0;
  /** When the verdict was another one, and which. */
  readonly verdicts: { readonly atMs: number; readonly state: Health['state'] }[] = [];

  constructor(
    options: {
      readonly priority?: number;
      readonly target?: ProbeTarget;
      readonly path?: Partial<SimulatedPath>;
      readonly monthlyBytes?: number;
      readonly payloadBytes?: number;
      /** Instead of the simulated network. */
      readonly prober?: (clock: VirtualClock) => Prober;
    } = {},
  ) {
    this.#monthlyBytes = options.monthlyBytes ?? paceOf(options.priority ?? 0).monthlyBytes;
    this.#priority = options.priority ?? 0;
    this.#target = options.target ?? controller;
    this.#payloadBytes = options.payloadBytes ?? 0;
    const light = this.#target.kind === 'icmp' || this.#target.kind === 'tcp';
    const { patienceMs } = paceOf(this.#priority);
    this.#settings = { failAfter: 3, recoverAfter: 2, slowestMs: undefined, patienceMs, light };
    Object.assign(this.network.path('eth0'), options.path ?? {});
    this.tester = new Tester({
      clock: this.clock,
      logger: createLogger({ service: 'test', level: 'silent' }),
      prober: options.prober?.(this.clock) ?? this.network,
      budgets: this.budgets,
      onOutcome: () => {
        this.#note();
      },
    });
    this.assign();
  }

  health(): Health {
    const record = this.tester.recordsOf('eth0').get(targetKey(this.#target));
    if (record === undefined) throw new Error('nothing is tested');
    return this.tester.healthOf('eth0', record, this.#settings);
  }

  assign(changes: { role?: PortRole; validSinceMs?: number | undefined } = {}): void {
    if (changes.role !== undefined) this.#role = changes.role;
    if ('validSinceMs' in changes) this.#validSinceMs = changes.validSinceMs;
    const assignment: TestAssignment = {
      ...{ label: 'eth0', targetKey: targetKey(this.#target), target: this.#target, settings: this.#settings },
      ...{
        intervalMs: undefined,
        timeoutMs: undefined,
        payloadBytes: this.#payloadBytes,
        calmKeepalives: true,
        role: this.#role,
      },
    };
    const port: TestedPort = {
      ...{ label: 'eth0', interfaceName: 'eth0', priority: this.#priority, validSinceMs: this.#validSinceMs },
      ...{ dnsServers: [], gateways: [], monthlyTestBytes: this.#monthlyBytes },
    };
    this.tester.assign([assignment], new Map([['eth0', port]]));
    this.#note();
  }

  /** A second port, without link. */
  assignWithout(label: string): void {
    const assignment = (of: string): TestAssignment => ({
      ...{ label: of, targetKey: targetKey(this.#target), target: this.#target, settings: this.#settings },
      ...{
        intervalMs: undefined,
        timeoutMs: undefined,
        payloadBytes: this.#payloadBytes,
        calmKeepalives: true,
        role: this.#role,
      },
    });
    const port = (of: string, validSinceMs: number | undefined): TestedPort => ({
      ...{ label: of, interfaceName: of, priority: this.#priority, validSinceMs },
      ...{ dnsServers: [], gateways: [], monthlyTestBytes: paceOf(this.#priority).monthlyBytes },
    });
    const ports = new Map([
      ['eth0', port('eth0', 0)],
      [label, port(label, undefined)],
    ]);
    this.tester.assign([assignment('eth0'), assignment(label)], ports);
  }

  async run(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  /** Milliseconds until the verdict is this one; fails after `mostMs`. */
  async until(state: Health['state'], mostMs: number): Promise<number> {
    const beganMs = this.clock.monotonicMs();
    while (this.health().state !== state) {
      if (this.clock.monotonicMs() - beganMs > mostMs) throw new Error(`not ${state} after ${mostMs} ms`);
      await this.run(10);
    }
    return this.clock.monotonicMs() - beganMs;
  }

  #note(): void {
    const { state } = this.health();
    if (this.verdicts.at(-1)?.state !== state) this.verdicts.push({ atMs: this.clock.monotonicMs(), state });
  }
}
