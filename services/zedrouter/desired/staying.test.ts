import { describe, expect, it } from '@jest/globals';

import { facts } from '../testing/ship.js';
import { canStay, stayingOn, stayingVia } from './staying.js';

const AT = (address: string, prefixLength = 24) => ({ address, prefixLength, isDeprecated: false });
const ROUTER = '10.0.0.1';
/** The same last 19 bits. */
const LIKE_IT = '10.8.0.1';

describe('flows stay on a port that their route has left', () => {
  it.each([
    { what: 'by its default route', gateway: undefined, addresses: ['10.0.0.9'], stays: true },
    { what: 'by a router in its network', gateway: ROUTER, addresses: ['10.0.0.9'], stays: true },
    { what: 'by a router in its second network', gateway: ROUTER, addresses: ['192.0.2.9', '10.0.0.9'], stays: true },
    { what: 'not by a router that it does not know', gateway: ROUTER, addresses: ['192.0.2.9'], stays: false },
    {
      what: 'beside one that only looks alike',
      gateway: ROUTER,
      addresses: ['10.0.0.9'],
      others: [LIKE_IT],
      stays: true,
    },
    {
      what: 'not where two routers of the port look alike',
      ...{ gateway: ROUTER, addresses: ['10.0.0.9', '10.8.0.9'], others: [LIKE_IT], stays: false },
    },
  ])('$what', ({ gateway, addresses, others = [], stays }) => {
    const port = { ...facts('eth0', 2), addresses: addresses.map((each) => AT(each)) };
    const routers = new Set([ROUTER, ...others]);
    expect(canStay(stayingVia(gateway), port, routers)).toBe(stays);
    expect(stayingOn({ number: 1, facts: port }, stayingVia(gateway), routers) !== undefined).toBe(stays);
  });

  it.each(['admin-down', 'missing'] as const)('not by a router where no route can be made: %s', (link) => {
    const port = { ...facts('eth0', 2), addresses: [AT('10.0.0.9')], link };
    expect(stayingOn({ number: 1, facts: port }, stayingVia(ROUTER), new Set([ROUTER]))).toBeUndefined();
    const withoutCarrier = { number: 1, facts: { ...port, link: 'no-carrier' as const } };
    expect(stayingOn(withoutCarrier, stayingVia(ROUTER), new Set([ROUTER]))).toBeDefined();
  });

  it('not by the default route where there is none', () => {
    expect(canStay(stayingVia(undefined), { ...facts('eth0', 2), routes: [] }, new Set())).toBe(false);
  });
});
