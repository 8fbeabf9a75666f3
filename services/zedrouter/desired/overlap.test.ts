import { describe, expect, it } from '@jest/globals';

import { printPlan } from '../plan/print.js';
import { plan } from '../plan/plan.js';
import { NOTHING, SimulatedKernel } from '../testing/simulated-kernel.js';
import { facts, INPUTS, PORTS, wayOut } from '../testing/ship.js';
import { desire } from './desire.js';
import type { PortFacts } from './inputs.js';
import { describeOverlap, overlapOf, portNetworks } from './overlap.js';

const subnet = { address: '10.77.0.0', length: 24 };
const withAddress = (address: string, prefixLength: number): PortFacts => ({
  ...facts('sat0', 4),
  addresses: [{ address, prefixLength, isDeprecated: false }],
  sourceAddress: address,
});

describe('overlapOf', () => {
  it.each<[string, Partial<PortFacts>, string | undefined]>([
    ['another network', {}, undefined],
    ['the next network', withAddress('10.77.1.0', 24), undefined],
    ['the very network', withAddress('10.77.0.57', 24), '10.77.0.57/24'],
    ['one that holds it', withAddress('10.0.0.1', 8), '10.0.0.1/8'],
    ['an address in it', withAddress('10.77.0.255', 32), '10.77.0.255/32'],
    ['a gateway in it', { routes: [wayOut('10.77.0.1', '192.0.2.10')] }, 'gateway 10.77.0.1'],
    ['a gateway of IPv6, and none', { routes: [wayOut('fe80::1', ''), wayOut(undefined, '')] }, undefined],
    ['an interface that is missing', { ...withAddress('10.77.0.57', 24), link: 'missing' }, undefined],
  ])('%s', (_what, changes, want) => {
    const found = overlapOf(subnet, portNetworks([{ ...facts('eth0', 2), ...changes }]));
    expect(found?.text).toBe(want);
  });

  it('says what to do', () => {
    const [network] = portNetworks([withAddress('10.77.0.57', 24)]);
    expect(network && describeOverlap(subnet, network)).toBe(
      'its subnet 10.77.0.0/24 overlaps the network of port sat0 (10.77.0.57/24), so it is out of service until one of ' +
        'them changes: give it another subnet (networkInstances[].ip.subnet), or the port another network',
    );
  });
});

describe('a network instance that overlaps', () => {
  const overlapping = { ...INPUTS, ports: new Map([...PORTS, ['sat0', withAddress('10.77.0.57', 24)] as const]) };

  it('has nothing in the kernel that leads to it, and comes back; the other one is untouched', () => {
    const [before, meanwhile] = [desire(INPUTS), desire(overlapping)];
    const steps = plan(before, meanwhile);
    const text = printPlan(steps);
    // Before the port's routes, which its gateway's address is in the way of.
    expect(steps[0]?.operations).toMatchObject([
      { kind: 'bridge-change', bridge: { name: 'bn1', address: undefined } },
    ]);
    expect([...meanwhile.rules.keys()].filter((rule) => rule.includes('from 10.77.0.'))).toEqual([
      'pref 15000 from 10.77.0.57 lookup 503 protocol 229',
    ]);
    expect([...meanwhile.routes.keys()].filter((route) => route.startsWith('499'))).toEqual(['499 10.77.1.0/24']);
    expect([...meanwhile.nameServices.keys()]).toEqual(['names-eth0', 'bn2']);
    expect(meanwhile.elements.ni_ranking.get('bn2')).toEqual(before.elements.ni_ranking.get('bn2'));
    // Of what leaves by a port with a private source, only the other one's is left to refuse.
    const filters = text.split('\n').filter((line) => line.startsWith('  tc '));
    expect(filters).toHaveLength(PORTS.size);
    for (const line of filters) expect(line).toMatch(/ drop from 10\.77\.1\.0-10\.77\.1\.255$/);
    expect(text.replaceAll(/^ {2}tc .*$/gm, '')).not.toMatch(/bn2|10\.77\.1\./);
    const kernel = new SimulatedKernel(NOTHING);
    kernel.run(plan(NOTHING, meanwhile));
    kernel.run(plan(kernel.dataplane, before));
    expect(plan(kernel.dataplane, before)).toEqual([]);
  });
});
