import { describe, expect, it } from '@jest/globals';

import { countedBetween, countersOf } from './counters.js';

const printed = (packets: number): unknown => ({
  nftables: [
    { metainfo: { version: '1.0.6' } },
    { counter: { name: 'up', packets, bytes: packets * 100 } },
    { counter: { name: 'foreign', packets: 1, bytes: 84 } },
    {
      set: {
        name: 'destinations',
        elem: [{ elem: { val: '198.51.100.20', counter: { packets, bytes: packets * 100 } } }],
      },
    },
    { set: { name: 'foreign_sources', elem: [{ elem: { val: '10.9.9.9', counter: { packets: 1, bytes: 84 } } }] } },
  ],
});

describe('counters', () => {
  it('are read from what nft prints; what nft leaves out is zero', () => {
    const counters = countersOf(printed(5));
    expect(counters.up).toEqual({ packets: 5, bytes: 500 });
    expect(counters.down).toEqual({ packets: 0, bytes: 0 });
    expect(counters.foreignSources).toEqual(new Map([['10.9.9.9', { packets: 1, bytes: 84 }]]));
  });

  it('are subtracted, and what did not move is left out of the sets', () => {
    const seen = countedBetween(countersOf(printed(5)), countersOf(printed(8)));
    expect(seen.up).toEqual({ packets: 3, bytes: 300 });
    expect(seen.destinations).toEqual(new Map([['198.51.100.20', { packets: 3, bytes: 300 }]]));
    expect(seen.foreignSources.size).toBe(0);
  });
});
