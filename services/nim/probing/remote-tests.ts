import type { Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { Profiles, singleProfiles, type Decision, type TestProfile } from '../../../lib/decision/decide/index.js';
import { qualityOf, type Health, type TestRecord } from '../../../lib/decision/health/index.js';
import type { ManagerEvent } from '../events/index.js';
import type { ConfigurationInForce } from '../publish/index.js';
import { paceOf } from '../../../lib/decision/schedule/index.js';
import {
  dnsServersOf,
  gatewaysOf,
  type NetworkSnapshot,
  type PortFacts,
} from '../../../lib/decision/snapshot/index.js';
import { planTests, Tester, TrafficWatch, type BudgetBook, type Prober, type ReadTraffic } from './tester/index.js';
import type { FailedTest, TestAssignment, TestedPort } from './tester/index.js';

export interface RemoteTestsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly prober: Prober;
  readonly budgets: BudgetBook;
  readonly readTraffic: ReadTraffic;
  /** An outcome that may change what is decided. */
  readonly onNews: () => void;
  /** An outcome that only makes what is known newer. */
  readonly onNothingNew: () => void;
  /** Tests came to another verdict. */
  readonly onVerdict: (verdict: Verdict) => void;
}

/** The verdict on a target over a port, by those who are most patient with it. */
export type Verdict = Omit<Extract<ManagerEvent, { kind: 'port-test-changed' }>, 'kind'>;

/**
 * The tests of the far end, between decisions: each decision says what to test, and outcomes ask for the next decision.
 */
export class RemoteTests {
  readonly #options: RemoteTestsOptions;
  readonly #tester: Tester;
  readonly #traffic: TrafficWatch;
  #assignments: ReadonlyMap<string, TestAssignment> = new Map();
  #profiles: ReadonlyMap<string, readonly TestProfile[]> = new Map();
  #validSince: ReadonlyMap<string, number | undefined> = new Map();
  /** By port and target: what the last outcome meant to those who go by it. */
  readonly #meanings = new Map<string, string>();
  readonly #verdicts = new Map<string, Health['state']>();
  #interfaces: ReadonlyMap<string, string> = new Map();

  constructor(options: RemoteTestsOptions) {
    this.#options = options;
    const { clock, logger, prober, budgets, readTraffic } = options;
    this.#tester = new Tester({
      ...{ clock, logger, prober, budgets },
      onOutcome: (label, targetKey) => {
        this.#onOutcome(label, targetKey);
      },
    });
    this.#traffic = new TrafficWatch({
      ...{ clock, logger, read: readTraffic },
      factsOf: (label) => this.#tester.trafficOf(label),
      onTraffic: (label, facts) => {
        this.#tester.onTraffic(label, facts);
      },
    });
  }

  /** What tests have shown of a port, as part of its facts. */
  factsOf(label: string): Pick<PortFacts, 'targets' | 'trafficAnsweredMs' | 'tcpAnsweredMs'> {
    const targets = this.#tester.recordsOf(label);
    const traffic = this.#tester.trafficOf(label);
    return {
      ...(targets.size === 0 ? {} : { targets }),
      trafficAnsweredMs: traffic?.any.lastDownMs,
      tcpAnsweredMs: traffic?.tcp.lastDownMs,
    };
  }

  /** Tests from now on what this decision asks for. */
  follow({ model }: ConfigurationInForce, snapshot: NetworkSnapshot, decision: Decision): void {
    const profiles = Profiles.of(model, snapshot, decision.memory);
    const assignments = planTests(model, profiles, decision);
    this.#assignments = new Map(assignments.map((each) => [keyOf(each.label, each.targetKey), each]));
    this.#profiles = new Map(model.ports.map((port) => [port.label, singles(profiles.ofPort(port))]));
    const validSince = new Map([...decision.memory.ports].map(([label, { usableSinceMs }]) => [label, usableSinceMs]));
    this.#forget((label) => validSince.get(label) !== this.#validSince.get(label));
    this.#validSince = validSince;
    const ports = new Map(
      model.ports.map((port): [string, TestedPort] => {
        const { label, interfaceName, priority } = port;
        const observation = snapshot.ports.get(label)?.observation ?? { kind: 'missing' };
        return [
          label,
          {
            ...{ label, interfaceName, priority, validSinceMs: this.#validSince.get(label) },
            dnsServers: dnsServersOf(port, observation),
            gateways: gatewaysOf(observation),
            proxies: port.proxies,
            monthlyTestBytes: port.monthlyTestBytes ?? paceOf(priority).monthlyBytes,
          },
        ];
      }),
    );
    this.#interfaces = new Map(model.ports.map(({ label, interfaceName }) => [label, interfaceName]));
    this.#tester.assign(assignments, ports);
    const watched = assignments.flatMap(({ label, role }) => {
      const port = ports.get(label);
      return role.kind === 'in-use' && port !== undefined ? [[label, port.interfaceName] as const] : [];
    });
    this.#traffic.follow(new Map(watched));
  }

  /** Tests every target over these ports now, in full; answers when that is through, with those that failed. */
  testNow(labels: readonly string[], signal: AbortSignal): Promise<readonly FailedTest[]> {
    return this.#tester.testNow(labels, signal);
  }

  close(): void {
    this.#traffic.close();
    this.#tester.close();
  }

  /**
   * What outcomes meant is void with a port's link or address, and of no use without its test: the next one is news.
   */
  #forget(isVoid: (label: string) => boolean): void {
    for (const kept of [this.#meanings, this.#verdicts]) {
      for (const key of kept.keys()) {
        const assignment = this.#assignments.get(key);
        if (assignment === undefined || isVoid(assignment.label)) kept.delete(key);
      }
    }
  }

  #onOutcome(label: string, targetKey: string): void {
    const record = this.#tester.recordsOf(label).get(targetKey);
    const key = keyOf(label, targetKey);
    if (record === undefined) return;
    const meaning = this.#meaningOf(label, targetKey, record);
    const known = this.#meanings.get(key);
    this.#meanings.set(key, meaning);
    if (meaning === known) this.#options.onNothingNew();
    else this.#options.onNews();
    this.#judge(label, targetKey, record);
  }

  #judge(label: string, targetKey: string, record: TestRecord): void {
    const key = keyOf(label, targetKey);
    const assignment = this.#assignments.get(key);
    if (assignment === undefined) return;
    const { state: to } = this.#tester.healthOf(label, record, assignment.settings);
    const from = this.#verdicts.get(key) ?? 'untested';
    if (from === to) return;
    this.#verdicts.set(key, to);
    const failed = to === 'failing' ? record.lastFailed : undefined;
    this.#options.onVerdict({
      ...{ label, interfaceName: this.#interfaces.get(label) ?? label, targetKey, from, to },
      ...{ failure: failed?.failure, detail: failed?.detail ?? '' },
    });
  }

  /** Outcomes of the same meaning decide nothing anew. */
  #meaningOf(label: string, targetKey: string, record: TestRecord): string {
    const validSinceMs = this.#validSince.get(label);
    const healths = (this.#profiles.get(label) ?? []).flatMap((profile) =>
      profile.kind === 'target' && profile.targetKey === targetKey
        ? [healthKey(this.#tester.healthOf(label, record, profile.settings)), qualityKey(profile, record, validSinceMs)]
        : [],
    );
    const role = this.#assignments.get(keyOf(label, targetKey))?.role;
    const sinceMs = role?.kind === 'wanted' ? role.sinceMs : Infinity;
    const answers = record.outcomes.filter((one) => one.result.kind === 'answered' && one.endedMs >= sinceMs);
    // An answer to another failure than the last one is news, even where it says the same.
    return [...healths, ...new Set(answers.map(({ probeKind }) => `${probeKind} since ${sinceMs}`))].join();
  }
}

function singles(profiles: readonly TestProfile[]): readonly TestProfile[] {
  return profiles.flatMap((profile): readonly TestProfile[] =>
    profile.kind === 'target' ? singleProfiles(profile) : [profile],
  );
}

function healthKey(health: Health): string {
  return health.state === 'failing'
    ? `failing ${health.cause} ${health.recovering ? 'recovering' : ''}`
    : `${health.state} ${health.suspicion === undefined ? '' : 'suspect'}`;
}

function qualityKey(
  { quality }: Extract<TestProfile, { kind: 'target' }>,
  { outcomes }: TestRecord,
  validSinceMs: number | undefined,
): string {
  return quality === undefined ? '' : qualityOf(outcomes, quality, validSinceMs).kind;
}

function keyOf(label: string, targetKey: string): string {
  return `${label} ${targetKey}`;
}
