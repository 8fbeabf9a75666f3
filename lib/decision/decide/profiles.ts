import { gatewaysOf, type NetworkSnapshot } from '../snapshot/index.js';
import { isSwitch, type Subject } from './eligibility.js';
import type { DecisionMemory } from './memory.js';
import type { DecisionPolicy, NetworkInstancePolicy, PortPolicy } from './policy.js';
import { byLink, testProfileOf, type TestProfile } from './test-profile.js';

/**
 * The test profiles of one policy; worked out once for all network instances that have the same wishes. `gatewayOf`:
 * the gateway of a port in use, by label; without it no gateways are known, and none is a target.
 */
export class Profiles {
  readonly #policy: DecisionPolicy;
  readonly #gatewayOf: (label: string) => string | undefined;
  readonly #known = new Map<PortPolicy, Map<NetworkInstancePolicy['test'] | undefined, TestProfile>>();

  constructor(policy: DecisionPolicy, gatewayOf: (label: string) => string | undefined = () => undefined) {
    this.#policy = policy;
    this.#gatewayOf = gatewayOf;
  }

  /** With the gateways that the ports have, or had last. */
  static of(policy: DecisionPolicy, snapshot: NetworkSnapshot, { ports }: Pick<DecisionMemory, 'ports'>): Profiles {
    return new Profiles(policy, (label) => {
      const facts = snapshot.ports.get(label);
      return (facts === undefined ? undefined : gatewaysOf(facts.observation)[0]) ?? ports.get(label)?.gateway;
    });
  }

  of(subject: Subject, port: PortPolicy): TestProfile {
    if (isSwitch(subject)) return byLink;
    const wishes = subject.kind === 'network-instance' ? subject.networkInstance.test : undefined;
    const ofPort = this.#known.get(port) ?? new Map<NetworkInstancePolicy['test'] | undefined, TestProfile>();
    this.#known.set(port, ofPort);
    const known = ofPort.get(wishes) ?? testProfileOf(subject, port, this.#policy, this.#gatewayOf(port.label));
    ofPort.set(wishes, known);
    return known;
  }

  /** Every profile by which some active network instance reads this port. */
  ofPort(port: PortPolicy): readonly TestProfile[] {
    const profiles = new Map<string, TestProfile>();
    for (const networkInstance of this.#policy.networkInstances) {
      if (!networkInstance.active) continue;
      const profile = this.of({ kind: 'network-instance', networkInstance }, port);
      profiles.set(profile.key, profile);
    }
    return [...profiles.values()];
  }
}
