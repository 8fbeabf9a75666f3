import type { Subject } from './eligibility.js';
import type { DecisionPolicy, NetworkInstancePolicy, PortPolicy } from './policy.js';
import { testProfileOf, type TestProfile } from './test-profile.js';

/** The test profiles of one policy; worked out once for all network instances that have the same wishes. */
export class Profiles {
  readonly #policy: DecisionPolicy;
  readonly #known = new Map<PortPolicy, Map<NetworkInstancePolicy['test'] | undefined, TestProfile>>();

  constructor(policy: DecisionPolicy) {
    this.#policy = policy;
  }

  of(subject: Subject, port: PortPolicy): TestProfile {
    const wishes = subject.kind === 'network-instance' ? subject.networkInstance.test : undefined;
    const ofPort = this.#known.get(port) ?? new Map<NetworkInstancePolicy['test'] | undefined, TestProfile>();
    this.#known.set(port, ofPort);
    const known = ofPort.get(wishes) ?? testProfileOf(subject, port, this.#policy);
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
