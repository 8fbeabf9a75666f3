import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  describeChanges,
  missingPort,
  sameObservation,
  type ObservedRoute,
  type PortObservation,
  type PresentPort,
} from './index.js';
import { defaultRouteVia } from '../decide/testing/scenario.js';

const port: PresentPort = {
  kind: 'present',
  link: 'up',
  index: 7,
  macAddress: '02:00:00:00:00:01',
  mtu: 1500,
  addresses: [{ address: '192.0.2.7', prefixLength: 24 }],
  routes: [defaultRouteVia('192.0.2.1')],
  dnsServers: ['192.0.2.53'],
};

const further: ObservedRoute = {
  destination: { address: '10.50.0.0', prefixLength: 16 },
  ...{ gateway: '192.0.2.254', source: '192.0.2.7', metric: 100, isOnLink: true },
};
const FURTHER_TEXT = '10.50.0.0/16 via 192.0.2.254 src 192.0.2.7 metric 100 onlink';

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
    ['off', port, { ...port, link: 'admin-down', routes: [] }, ['switched off', 'gateway gone']],
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
      { ...port, routes: [defaultRouteVia('192.0.2.254'), ...port.routes] },
      ['gateway now 192.0.2.254, 192.0.2.1'],
    ],
    [
      'a way out without a gateway',
      port,
      { ...port, routes: [defaultRouteVia(undefined)] },
      ['gateway now none needed (on the link)'],
    ],
    [
      'another metric',
      port,
      { ...port, routes: [defaultRouteVia('192.0.2.1', 7)] },
      ['route default via 192.0.2.1 gone', 'route default via 192.0.2.1 metric 7 added'],
    ],
    ['a further route', port, { ...port, routes: [...port.routes, further] }, [`route ${FURTHER_TEXT} added`]],
    [
      'the same routes in another order',
      { ...port, routes: [...port.routes, further] },
      { ...port, routes: [further, ...port.routes] },
      ['routes in another order'],
    ],
    [
      'an address deprecated',
      port,
      { ...port, addresses: [{ address: '192.0.2.7', prefixLength: 24, isDeprecated: true }] },
      ['address 192.0.2.7/24 is deprecated'],
    ],
    [
      'one of two ends with the same address gone',
      { ...port, addresses: [...port.addresses, ...port.addresses] },
      port,
      ['address 192.0.2.7/24 gone'],
    ],
    ['another MTU', port, { ...port, mtu: 1430 }, ['MTU is now 1430']],
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
      mtu: fc.constantFrom(1430, 1500),
      addresses: fc.array(
        fc.record(
          {
            address: fc.constantFrom('192.0.2.7', '192.0.2.8'),
            prefixLength: fc.constantFrom(24, 25),
            isDeprecated: fc.constant<true>(true),
          },
          { requiredKeys: ['address', 'prefixLength'] },
        ),
        { maxLength: 3 },
      ),
      routes: fc.array(
        fc.record({
          destination: fc.constantFrom({ address: '0.0.0.0', prefixLength: 0 }, further.destination),
          gateway: fc.constantFrom(undefined, '192.0.2.1', '192.0.2.2'),
          source: fc.constantFrom(undefined, '192.0.2.7'),
          metric: fc.constantFrom(0, 7),
          isOnLink: fc.boolean(),
        }),
        { maxLength: 3 },
      ),
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
