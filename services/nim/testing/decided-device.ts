import { VirtualClock } from '../../../lib/clock/index.js';
import {
  configFromJson,
  interpret,
  targetKey,
  withRouteSelections,
  type DeviceModel,
  type PolicyOver,
  type ProbeTarget,
} from '../../../lib/configuration/index.js';
import { decide, emptyMemory, type DecisionMemory } from '../../../lib/decision/decide/index.js';
import { portAs } from '../../../lib/decision/decide/testing/scenario.js';
import { newRecord, withOutcome, type TestRecord } from '../../../lib/decision/health/index.js';
import { Publisher, type ConfigurationInForce } from '../publish/index.js';
import { noTestFacts, testByAddress, type PortFacts } from '../../../lib/decision/snapshot/index.js';

type Policy = PolicyOver & { readonly version?: bigint };

const noPolicy: Policy = { overrides: [], grants: [] };

/** A configuration, the policy over it, and what they come to. */
interface Interpreted {
  readonly json: object;
  readonly policy: Policy;
  readonly config: ConfigurationInForce['source']['config'];
  readonly model: DeviceModel;
}

/** A device of which decisions are made and published, in virtual time; the kernel is what the test says. */
export class DecidedDevice {
  readonly clock = new VirtualClock(Date.UTC(2026, 2, 1, 12), 5_000);
  readonly publisher = new Publisher(this.clock);
  readonly #facts = new Map<string, PortFacts & { readonly word: string }>();
  #memory: DecisionMemory = emptyMemory;
  #version = 0n;
  #interpreted: Interpreted | undefined;
  readonly #controllerTarget: ProbeTarget | undefined;

  /** `controllerTarget`: whose answer makes a port work, where there is one. */
  constructor(controllerTarget?: ProbeTarget) {
    this.#controllerTarget = controllerTarget;
  }

  /**
   * A millisecond later, decides by a configuration and the policy over it, with ports in these states (`up`,
   * `no-carrier`, ...; `up` and `failing` ones are tested where there is a controller).
   */
  decide(json: object, ports: Readonly<Record<string, string>>, policy: Policy = noPolicy): void {
    const { config, model } = this.#interpret(json, policy);
    this.clock.advance(1);
    const nowMs = this.clock.monotonicMs();
    for (const [label, word] of Object.entries(ports)) {
      const before = this.#facts.get(label);
      const observation = portAs(label, word === 'failing' ? 'up' : word);
      const test = testByAddress(before?.test ?? noTestFacts, observation, nowMs);
      const observedSinceMs = before?.word === word ? before.observedSinceMs : nowMs;
      const tested = word === 'up' || word === 'failing';
      const targets = tested ? this.#tested(before, word === 'up', nowMs) : before?.targets;
      const known = { word, observation, observedSinceMs, test };
      this.#facts.set(label, targets === undefined ? known : { ...known, targets });
    }
    const snapshot = { ports: new Map(this.#facts) };
    const decision = decide(snapshot, model, this.#memory, nowMs);
    this.#memory = decision.memory;
    this.#version += 1n;
    const configuration = {
      version: this.#version,
      author: 'test',
      policyVersion: policy.version ?? 0n,
      pushedAt: undefined,
      source: { config, overrides: policy.overrides },
      model,
    };
    this.publisher.publish({ configuration, snapshot, decision });
  }

  /** Decides again as NIM does when grants have run out: by the same versions. */
  endGrants(): void {
    const { published } = this.publisher;
    if (published === undefined) throw new Error('decide first');
    const { configuration, snapshot } = published;
    const model = { ...configuration.model, grants: [] };
    const decision = decide(snapshot, model, this.#memory, this.clock.monotonicMs());
    this.#memory = decision.memory;
    this.publisher.publish({ configuration: { ...configuration, model }, snapshot, decision });
  }

  /** The same objects come to the same model, as between two configurations of a NIM. */
  #interpret(json: object, policy: Policy): Interpreted {
    const known = this.#interpreted;
    if (known?.json === json && known.policy === policy) return known;
    const config = configFromJson(json);
    const interpretation = interpret(config, policy);
    if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems));
    const model = withRouteSelections({ ...interpretation.model, controllerTarget: this.#controllerTarget });
    return (this.#interpreted = { json, policy, config, model });
  }

  #tested(before: PortFacts | undefined, answers: boolean, nowMs: number): PortFacts['targets'] {
    const target = this.#controllerTarget;
    if (target === undefined) return undefined;
    const key = targetKey(target);
    const attempt = {
      probeKind: 'full',
      layer: 'application',
      startedMs: nowMs,
      endedMs: nowMs,
      trafficAnsweredMs: undefined,
    } as const;
    let record: TestRecord = before?.targets?.get(key) ?? newRecord(nowMs);
    for (let count = 0; count < 10; count += 1) {
      record = withOutcome(record, {
        ...attempt,
        result: answers
          ? { kind: 'answered', latencyMs: 20 }
          : { kind: 'failed', failure: 'refused', detail: 'refused', silent: false },
      });
    }
    return new Map([[key, record]]);
  }
}
