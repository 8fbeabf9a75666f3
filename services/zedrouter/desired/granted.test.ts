import { describe, expect, it } from '@jest/globals';

import { element } from '../../../lib/netlink/index.js';
import { INPUTS, NI_BUSINESS, NI_DEFAULT, selection } from '../testing/ship.js';
import { desire } from './desire.js';
import { liveSelections, nextGrantEndMs } from './granted.js';
import type { Selection } from './inputs.js';

const granted = (...grants: readonly (readonly [label: string, endMs: number])[]): Selection => ({
  ...selection(['sat0', 'eth0'], ['eth0', 'wwan0', 'sat0']),
  grantedUntilMs: new Map(grants),
});

const selections = new Map([
  [NI_DEFAULT, granted(['sat0', 5_000], ['wwan0', 9_000])],
  [NI_BUSINESS, granted(['sat0', 7_000])],
]);

describe('liveSelections', () => {
  it.each([
    { nowMs: 4_999, armed: ['sat0', 'eth0'], permitted: ['eth0', 'wwan0', 'sat0'], next: 5_000 },
    { nowMs: 5_000, armed: ['eth0'], permitted: ['eth0', 'wwan0'], next: 7_000 },
    { nowMs: 9_000, armed: ['eth0'], permitted: ['eth0'], next: undefined },
  ])('at $nowMs', ({ nowMs, armed, permitted, next }) => {
    const live = liveSelections(selections, nowMs);
    expect(live.get(NI_DEFAULT)).toMatchObject({ armed, permitted });
    expect(nextGrantEndMs(live)).toBe(next);
  });

  it('leaves selections without grants alone', () => {
    expect(liveSelections(INPUTS.selections, Infinity)).toBe(INPUTS.selections);
  });
});

describe('the elements of what a grant alone permits', () => {
  const { elements } = desire({ ...INPUTS, selections });

  it('end by themselves, and no others do', () => {
    const ends = [...elements.permitted.values()].map(({ key, endsAtBoottimeMs }) => [...key, endsAtBoottimeMs]);
    expect(ends.filter(([bridge]) => bridge === 'bn1')).toEqual([
      ['bn1', 'eth0', undefined],
      ['bn1', 'wwan0', 9_000],
      ['bn1', 'sat0', 5_000],
    ]);
  });

  it('close the port maps with them', () => {
    expect([...elements.port_map_open.values()]).toEqual([
      element([0xe0030001], [], 5_000),
      element([0xe0030002], [], 7_000),
    ]);
  });
});
