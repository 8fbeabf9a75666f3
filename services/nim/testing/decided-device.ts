import { VirtualClock } from '../../clock/index.js';
import { configFromJson, interpret, type PolicyOver } from '../../configuration/index.js';
import { decide, emptyMemory, type DecisionMemory } from '../decide/index.js';
import { portAs } from '../decide/testing/scenario.js';
import { Publisher } from '../publish/index.js';
import { noTestFacts, testByAddress, type PortFacts } from '../snapshot/index.js';

/** A device of which decisions are made and published, in virtual time; the kernel is what the test says. */
export class DecidedDevice {
  readonly clock = new VirtualClock(Date.UTC(2026, 2, 1, 12), 5_000);
  readonly publisher = new Publisher(this.clock);
  readonly #facts = new Map<string, PortFacts & { readonly word: string }>();
  #memory: DecisionMemory = emptyMemory;
  #version = 0n;

  /** A millisecond later, decides by a configuration and the policy over it, with ports in these states (`up`, `no-carrier`, ...). */
  decide(
    json: object,
    ports: Readonly<Record<string, string>>,
    policy: PolicyOver & { readonly version?: bigint } = { overrides: [], grants: [] },
  ): void {
    const interpretation = interpret(configFromJson(json), policy);
    if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems));
    this.clock.advance(1);
    const nowMs = this.clock.monotonicMs();
    for (const [label, word] of Object.entries(ports)) {
      const before = this.#facts.get(label);
      const observation = portAs(label, word);
      const test = testByAddress(before?.test ?? noTestFacts, observation, nowMs);
      const observedSinceMs = before?.word === word ? before.observedSinceMs : nowMs;
      this.#facts.set(label, { word, observation, observedSinceMs, test });
    }
    const { model } = interpretation;
    const snapshot = { ports: new Map(this.#facts) };
    const decision = decide(snapshot, model, this.#memory, nowMs);
    this.#memory = decision.memory;
    this.#version += 1n;
    const configuration = {
      version: this.#version,
      author: 'test',
      policyVersion: policy.version ?? 0n,
      pushedAt: undefined,
      model,
    };
    this.publisher.publish({ configuration, snapshot, decision });
  }
}
