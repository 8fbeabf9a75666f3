import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { describeChanges, missingPort, sameObservation, type PortObservation, type PresentPort } from './index.js';

const port: PresentPort = {
  kind: 'present',
  link: 'up',
  index: 7,
  macAddress: '02:00:00:00:00:01',
  addresses: [{ address: '192.0.2.7', prefixLength: 24 }],
  gateways: ['192.0.2.1'],
  dnsServers: ['192.0.2.53'],
};

const second = { address: '192.0.2.8', prefixLength: 24 };

describe('describeChanges', () => {
  it.each<[string, PortObservation | undefined, PortObservation, readonly string[]]>([
    ['equal', port, { ...port }, []],
    ['both missing', missingPort, { kind: 'missing' }, []],
    ['never seen', undefined, port, ['first reading']],
    ['gone', port, missingPort, ['interface missing']],
    ['there', missingPort, port, ['interface appeared']],
    ['carrier lost', port, { ...port, link: 'no-carrier' }, ['carrier lost']],
    ['carrier back', { ...port, link: 'no-carrier' }, port, ['carrier back']],
    ['off', port, { ...port, link: 'admin-down', gateways: [] }, ['switched off', 'gateway gone']],
    [
      'on without carrier',
      { ...port, link: 'admin-down' },
      { ...port, link: 'no-carrier' },
      ['switched on, no carrier'],
    ],
    ['on', { ...port, link: 'admin-down' }, port, ['switched on, carrier present']],
    ['address gone', port, { ...port, addresses: [] }, ['address 192.0.2.7/24 gone']],
    ['address added', port, { ...port, addresses: [...port.addresses, second] }, ['address 192.0.2.8/24 added']],
    [
      'another address',
      port,
      { ...port, addresses: [second] },
      ['address 192.0.2.7/24 gone', 'address 192.0.2.8/24 added'],
    ],
    [
      'another order of addresses',
      { ...port, addresses: [...port.addresses, second] },
      { ...port, addresses: [second, ...port.addresses] },
      ['address 192.0.2.8/24 is now the first'],
    ],
    [
      'another prefix',
      port,
      { ...port, addresses: [{ address: '192.0.2.7', prefixLength: 25 }] },
      ['address 192.0.2.7/24 gone', 'address 192.0.2.7/25 added'],
    ],
    ['another index', port, { ...port, index: 8 }, ['interface index changed']],
    [
      'another MAC address',
      port,
      { ...port, macAddress: '02:00:00:00:00:02' },
      ['MAC address is now 02:00:00:00:00:02'],
    ],
    [
      'another gateway',
      port,
      { ...port, gateways: ['192.0.2.254', '192.0.2.1'] },
      ['gateway now 192.0.2.254, 192.0.2.1'],
    ],
    [
      'one of two ends with the same address gone',
      { ...port, addresses: [...port.addresses, ...port.addresses] },
      port,
      ['address 192.0.2.7/24 gone'],
    ],
    ['no name servers', port, { ...port, dnsServers: [] }, ['name servers gone']],
  ])('%s', (_what, before, after, want) => {
    expect(describeChanges(before, after)).toEqual(want);
  });
});

/** Of so few values that two observations are often the same, or nearly so. */
const anyObservation: fc.Arbitrary<PortObservation> = fc.oneof(
  { arbitrary: fc.constant(missingPort), weight: 1 },
  {
    arbitrary: fc.record<PresentPort>({
      kind: fc.constant('present'),
      link: fc.constantFrom('admin-down', 'no-carrier', 'up'),
      index: fc.constantFrom(7, 8),
      macAddress: fc.constantFrom('', '02:00:00:00:00:01'),
      addresses: fc.array(
        fc.record({ address: fc.constantFrom('192.0.2.7', '192.0.2.8'), prefixLength: fc.constantFrom(24, 25) }),
        { maxLength: 3 },
      ),
      gateways: fc.array(fc.constantFrom('192.0.2.1', '192.0.2.2'), { maxLength: 2 }),
      dnsServers: fc.array(fc.constantFrom('192.0.2.53', '192.0.2.54'), { maxLength: 2 }),
    }),
    weight: 9,
  },
);

/** Two observations that differ in one thing at most, or in anything. */
const anyTwo = fc.oneof(
  fc.tuple(anyObservation, anyObservation),
  fc
    .tuple(anyObservation, anyObservation, fc.constantFrom(...(Object.keys(port) as (keyof PresentPort)[])))
    .map(([before, other, part]): [PortObservation, PortObservation] =>
      before.kind === 'missing' || other.kind === 'missing'
        ? [before, { ...before }]
        : [before, { ...before, [part]: structuredClone(other[part]) }],
    ),
);

describe('sameObservation', () => {
  it('holds exactly where there is no change to tell of', () => {
    const seen = { same: 0, different: 0 };
    fc.assert(
      fc.property(anyTwo, ([before, after]) => {
        const isSame = sameObservation(before, after);
        expect(isSame).toBe(describeChanges(before, after).length === 0);
        expect(isSame).toBe(JSON.stringify(before) === JSON.stringify(after));
        seen[isSame ? 'same' : 'different'] += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.same, seen.different)).toBeGreaterThan(100);
  });
});
