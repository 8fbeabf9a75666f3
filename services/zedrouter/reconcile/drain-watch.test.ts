import { beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import type { FlowMemories } from '../desired/generations.js';
import { flowNumbers } from '../desired/own-routes.js';
import { INPUTS, NI_BUSINESS, NI_DEFAULT } from '../testing/ship.js';
import { DrainWatch } from './drain-watch.js';

const NUMBERS = { ids: INPUTS.ids, ofFlows: flowNumbers(INPUTS.model, INPUTS.ids) };

let clock: VirtualClock;
let flows: number;
let counted: string[];
let news: number[];
let watch: DrainWatch;

beforeEach(() => {
  clock = new VirtualClock();
  flows = 3;
  counted = [];
  news = [];
  watch = new DrainWatch({
    clock,
    count: ({ mark, mask }) => {
      counted.push(`${mark.toString(16)}/${mask.toString(16)} at ${clock.monotonicMs()}`);
      return Promise.resolve(flows);
    },
    onNews: () => {
      news.push(clock.monotonicMs());
    },
  });
});

const drains = (niId: string, port: string, endsInMs: number): FlowMemories =>
  new Map([
    [
      niId,
      { port: 'wwan0', generation: 1, drains: new Map([[port, { endsAtBoottimeMs: clock.boottimeMs() + endsInMs }]]) },
    ],
  ]);

describe('DrainWatch', () => {
  it('counts what is left soon, then every few seconds, and tells what has changed', async () => {
    watch.follow(drains(NI_DEFAULT, 'eth0', 300_000), NUMBERS);
    expect(watch.flowsLeft(NI_DEFAULT, 'eth0')).toBeUndefined();
    await clock.advanceAsync(11_000);
    expect(counted).toEqual(['e0010001/ffffffff at 500', 'e0010001/ffffffff at 5500', 'e0010001/ffffffff at 10500']);
    expect(news).toEqual([500]);
    flows = 0;
    await clock.advanceAsync(5_000);
    expect(watch.flowsLeft(NI_DEFAULT, 'eth0')).toBe(0);
    expect(news).toEqual([500, 15_500]);
  });

  it('wakes when the time is up, and rests when nothing is followed', async () => {
    watch.follow(drains(NI_BUSINESS, 'eth0', 2_000), NUMBERS);
    await clock.advanceAsync(2_000);
    expect(news).toEqual([500, 2_000]);
    watch.follow(new Map(), NUMBERS);
    await clock.advanceAsync(60_000);
    expect(news).toHaveLength(2);
    expect(counted).toHaveLength(1);
  });

  it('knows a drain again that goes on, and begins anew with one that begins anew', async () => {
    const first = drains(NI_DEFAULT, 'eth0', 300_000);
    watch.follow(first, NUMBERS);
    await clock.advanceAsync(1_000);
    watch.follow(first, NUMBERS);
    expect(watch.flowsLeft(NI_DEFAULT, 'eth0')).toBe(3);
    const [before] = watch.draining.get(NI_DEFAULT) ?? [];
    watch.follow(drains(NI_DEFAULT, 'eth0', 300_000), NUMBERS);
    const [after] = watch.draining.get(NI_DEFAULT) ?? [];
    expect(after).toEqual({ port: 'eth0', flows: undefined, endsAtWallMs: (before?.endsAtWallMs ?? 0) + 1_000 });
    watch.close();
    await clock.advanceAsync(60_000);
    expect(counted).toHaveLength(1);
  });
});
