import { describe, expect, it } from '@jest/globals';

import { noTestFacts, testByAddress, type PortObservation, type PresentPort } from '../snapshot/index.js';
import { decide, emptyMemory, type Candidate, type Selection } from './index.js';
import { controllerTarget, NETWORK_INSTANCE_ID, policyFor, portPolicy, usablePort } from './testing/scenario.js';

const bare: PresentPort = { ...usablePort('eth0', { address: '10.0.1.7', index: 1 }), addresses: [], routes: [] };

/** What is selected for a switch and for a router, by the same port. */
function selected(kind: 'switch' | 'local', observation: PortObservation): Selection | undefined {
  const plain = policyFor([portPolicy('eth0', 0)]);
  const policy = {
    ...plain,
    controllerTarget,
    networkInstances: plain.networkInstances.map((one) => ({ ...one, kind, portLabel: 'eth0' })),
  };
  const facts = { observation, observedSinceMs: 0, test: testByAddress(noTestFacts, observation, 0) };
  return decide({ ports: new Map([['eth0', facts]]) }, policy, emptyMemory, 1_000).selections.get(NETWORK_INSTANCE_ID);
}

const candidateOf = (selection: Selection | undefined): Candidate | undefined => selection?.candidates[0];

describe('the port of a switch', () => {
  it.each<[string, PortObservation, boolean]>([
    ['has link alone', bare, true],
    ['has an address and no route', { ...bare, addresses: [{ address: '10.0.1.7', prefixLength: 24 }] }, true],
    ['has no carrier', { ...bare, link: 'no-carrier' }, false],
    ['is switched off', { ...bare, link: 'admin-down' }, false],
    ['is not there', { kind: 'missing' }, false],
  ])('is selected by its link: it %s', (_what, observation, isSelected) => {
    expect(selected('switch', observation)?.outcome.kind).toBe(isSelected ? 'port' : 'none');
    expect(selected('local', observation)?.outcome.kind).toBe('none');
  });

  it('is never called verified, for nothing behind it is tested', () => {
    const selection = selected('switch', usablePort('eth0', { address: '10.0.1.7', index: 1 }));
    expect(selection?.outcome).toMatchObject({ kind: 'port', proof: 'none', verified: false });
    expect(candidateOf(selection)).toMatchObject({ testState: 'untested', targetKey: undefined });
    expect(candidateOf(selection)?.reasons.map(({ detail }) => detail)).toContain('first choice');
  });
});
