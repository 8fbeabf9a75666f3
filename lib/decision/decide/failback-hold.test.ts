import { describe, expect, it } from '@jest/globals';

import { failbackHold, LOSSES_KEPT } from './failback-hold.js';

/** Each row: outages as `lost-back` in seconds, oldest first | failback_hold in s | seconds to wait for at last. */
const table: Readonly<Record<string, readonly [outages: string, baseSeconds: number, holdSeconds: number]>> = {
  'a blip: until it is proved': ['100-100.05', 30, 1],
  'a third of a second: the same': ['100-100.3', 30, 1],
  'a longer one: three times as long': ['100-102', 30, 6],
  'one as long as a third of the hold reaches it': ['100-110', 30, 30],
  'and no single one goes beyond it': ['100-900', 30, 30],
  'a hold below the least counts': ['100-100.05', 0.5, 0.5],
  'no hold at all': ['100-110', 0, 0],
  'the second within an hour: twice': ['100-100.05 1000-1000.05', 30, 2],
  'the third: four times': ['100-100.05 1000-1000.05 2000-2000.05', 30, 4],
  'twice what the last outage asks for': ['100-110 1000-1000.05', 30, 2],
  'a second outage of minutes: as before': ['100-200 1000-1100', 30, 60],
  'the one an hour ago is forgotten': ['100-100.05 3800-3800.05', 30, 1],
  'gone again before it was trusted: it has been away all the time': ['100-105 110-110.05', 30, 2 * 30],
  'gone again after it was trusted: only the last counts': ['100-105 121-121.05', 30, 2],
  'a link that blips each 20 s is soon no more followed': [
    Array.from({ length: 6 }, (_, n) => `${100 + 20 * n}-${100.05 + 20 * n}`).join(' '),
    30,
    32,
  ],
  'one that flaps all the time waits for the longest hold': [
    Array.from({ length: LOSSES_KEPT }, (_, n) => `${100 + 2 * n}-${101 + 2 * n}`).join(' '),
    30,
    480,
  ],
  'no more than 10 min': [
    Array.from({ length: LOSSES_KEPT }, (_, n) => `${100 + 2 * n}-${101 + 2 * n}`).join(' '),
    60,
    600,
  ],
  'but for a hold that is longer by itself': ['100-10000', 1800, 1800],
};

describe('failbackHold', () => {
  it.each(Object.entries(table))('%s', (_what, [outages, baseSeconds, holdSeconds]) => {
    const losses = outages.split(' ').map((outage) => {
      const [lost = NaN, back = NaN] = outage.split('-').map(Number);
      return { lostMs: lost * 1_000, backMs: back * 1_000 };
    });
    const backMs = losses.at(-1)?.backMs ?? NaN;
    expect(failbackHold(baseSeconds * 1_000, 'target', backMs, losses).holdMs).toBeCloseTo(holdSeconds * 1_000, 3);
  });

  it('takes longer to believe link and address alone', () => {
    expect(failbackHold(30_000, 'address', 100_050, [{ lostMs: 100_000, backMs: 100_050 }])).toEqual({
      holdMs: 5_000,
      outageMs: 50,
      recentLosses: 1,
    });
  });

  it.each([
    ['nobody has seen it away', []],
    ['it came back by itself since', [{ lostMs: 100_000, backMs: 100_050 }]],
  ])('waits for all of the hold where %s', (_what, losses) => {
    const { holdMs, outageMs } = failbackHold(30_000, 'target', 200_000, losses);
    expect([holdMs, outageMs]).toEqual([30_000, undefined]);
  });
});
