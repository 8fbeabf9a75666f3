import { describe, expect, it } from '@jest/globals';

import { formatRoute, formatRule } from '../../../lib/netlink/index.js';
import { facts, wayOut } from '../testing/ship.js';
import type { AddressFacts, PortFacts } from './inputs.js';
import { deadEndRoutes, portRoutes } from './routes.js';
import { desiredRules } from './rules.js';

const eth0 = facts('eth0', 2);
const at = (address: string, prefixLength = 24, isDeprecated = false): AddressFacts => ({
  ...{ address, prefixLength, isDeprecated },
});
const further = (network: string, length: number, gateway: string | undefined, source: string) => ({
  ...wayOut(gateway, source),
  destination: { address: network, length },
});

/** The routes of eth0's table, without what all have: table, protocol and device. */
function routesWith(changes: Partial<PortFacts>): readonly string[] {
  return portRoutes([{ number: 1, facts: { ...eth0, ...changes } }]).map((route) =>
    formatRoute(route).replace(' dev eth0', '').replace(' table 501', '').replace(' proto 229', ''),
  );
}

describe('deadEndRoutes', () => {
  it.each([
    ['up', ['local default dev eth0 table 599 metric 1 proto 229 realm 4095']],
    ['no-carrier', ['local default dev eth0 table 599 metric 1 proto 229 realm 4095']],
    ['admin-down', []],
    ['missing', []],
  ] as const)('of a port whose link is %s', (link, routes) => {
    expect(deadEndRoutes([{ number: 1, facts: { ...eth0, link } }]).map(formatRoute)).toEqual(routes);
  });
});

describe('portRoutes', () => {
  it.each<[string, Partial<PortFacts>, readonly string[]]>([
    ['a gateway', {}, ['192.0.2.0/24 src 192.0.2.10', 'default via 192.0.2.1 src 192.0.2.10 onlink']],
    [
      'no gateway, as with PPP and raw IP',
      { addresses: [at('192.0.2.10', 32)], routes: [wayOut(undefined, '192.0.2.10')] },
      ['default src 192.0.2.10'],
    ],
    [
      'a gateway outside the subnet, and one of IPv6',
      {
        addresses: [at('192.0.2.10', 32)],
        routes: [wayOut('10.0.0.1', '192.0.2.10'), wayOut('fe80::1', '192.0.2.10', 7)],
      },
      ['default via 10.0.0.1 src 192.0.2.10 onlink', 'default via inet6 fe80::1 src 192.0.2.10 metric 7 onlink'],
    ],
    [
      'a second router, further networks, and what is on the link',
      {
        routes: [
          wayOut('192.0.2.1', '192.0.2.10', 100),
          wayOut('192.0.2.2', '192.0.2.10', 200),
          further('10.50.0.0', 16, '192.0.2.254', '192.0.2.10'),
          further('10.60.0.0', 16, undefined, '192.0.2.10'),
        ],
      },
      [
        '192.0.2.0/24 src 192.0.2.10',
        'default via 192.0.2.1 src 192.0.2.10 metric 100 onlink',
        'default via 192.0.2.2 src 192.0.2.10 metric 200 onlink',
        '10.50.0.0/16 via 192.0.2.254 src 192.0.2.10 onlink',
        '10.60.0.0/16 src 192.0.2.10',
      ],
    ],
    [
      'two ways of one metric: the first',
      { routes: [wayOut('192.0.2.1', '192.0.2.10'), wayOut('192.0.2.2', '192.0.2.10')] },
      ['192.0.2.0/24 src 192.0.2.10', 'default via 192.0.2.1 src 192.0.2.10 onlink'],
    ],
    ['no way out', { routes: [] }, ['192.0.2.0/24 src 192.0.2.10']],
    ['no address', { addresses: [], sourceAddress: undefined }, []],
    ['a link that is off', { link: 'admin-down' }, []],
    [
      'several addresses in a subnet: the source, or the first that is not deprecated',
      {
        addresses: [
          at('192.0.2.7', 24, true),
          at('192.0.2.8'),
          at('192.0.2.10'),
          at('10.9.0.1', 16, true),
          at('10.9.0.2', 16),
        ],
      },
      ['192.0.2.0/24 src 192.0.2.10', '10.9.0.0/16 src 10.9.0.2', 'default via 192.0.2.1 src 192.0.2.10 onlink'],
    ],
  ])('%s', (_what, changes, want) => {
    expect(routesWith(changes)).toEqual(want);
  });
});

describe('rules of what the device itself sends', () => {
  const rulesOf = (...ports: readonly PortFacts[]): readonly string[] =>
    [
      ...desiredRules(
        [],
        ports.map((port, position) => ({ number: position + 1, facts: port })),
      ).values(),
    ]
      .map((rule) => formatRule(rule).replace(' protocol 229', ''))
      .filter((text) => /^pref (1[45]|33)/.test(text));

  it('let the host reach the networks of its main table first', () => {
    expect(rulesOf(eth0)).toEqual([
      'pref 14900 lookup 254 suppress_prefixlength 0',
      'pref 15000 oif eth0 lookup 501',
      'pref 33000 oif eth0 ipproto udp dport 53 lookup 599',
      'pref 15000 from 192.0.2.10 lookup 501',
    ]);
    expect(rulesOf()).toEqual([]);
  });

  it("let a port's own table say where its subnet is, where another port has the same", () => {
    const wwan0 = { ...facts('wwan0', 2), addresses: [at('192.0.2.11'), at('10.9.0.1')] };
    expect(rulesOf(eth0, wwan0).slice(0, 3)).toEqual([
      'pref 14800 from 192.0.2.10 lookup 501 suppress_prefixlength 0',
      'pref 14800 from 192.0.2.11 lookup 502 suppress_prefixlength 0',
      'pref 14900 lookup 254 suppress_prefixlength 0',
    ]);
  });
});
