import { beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import { reachOver, type Reach } from './controller-reach.js';
import { ControllerWatch } from './controller-watch.js';

const port = (testState: 'working' | 'untested' | 'failing', more: { eligible?: boolean; usable?: boolean } = {}) => ({
  ...{ testState, eligible: true, usable: true },
  ...more,
});

describe('the controller', () => {
  it.each<[Reach, string, Parameters<typeof reachOver>[0]]>([
    ['reached', 'over one of two ports', [port('failing'), port('working')]],
    ['lost', 'over ports that fail, or lead nowhere', [port('failing'), port('working', { usable: false })]],
    ['lost', 'where no port is permitted', [port('working', { eligible: false })]],
    ['unknown', 'while one is not tested', [port('failing'), port('untested')]],
  ])('is %s %s', (reach, _when, candidates) => {
    expect(reachOver(candidates)).toBe(reach);
  });
});

describe('an unconfirmed configuration', () => {
  let clock: VirtualClock;
  let watch: ControllerWatch;
  let now: { version: bigint; reach: Reach };
  let givenUp: bigint[];
  let isSettled: boolean;

  beforeEach(() => {
    clock = new VirtualClock(0);
    now = { version: 1n, reach: 'reached' };
    givenUp = [];
    isSettled = true;
    watch = new ControllerWatch({
      clock,
      reach: () => now,
      giveUp: (version) => {
        givenUp.push(version);
        return Promise.resolve(isSettled);
      },
    });
  });

  /** Second by second, as a look may wait for an answer. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1_000);
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  function takeUnconfirmed(reach: Reach): void {
    watch.take({ version: 2n, isUnconfirmed: true });
    now = { version: 2n, reach };
  }

  it('is given up when the controller is lost under it, and stays lost', async () => {
    takeUnconfirmed('lost');
    await pass(14);
    expect(givenUp).toEqual([]);
    await pass(60);
    expect(givenUp).toEqual([2n]);
  });

  it('is given up when the controller is reached under it first', async () => {
    now.reach = 'unknown';
    takeUnconfirmed('reached');
    await pass(60);
    now.reach = 'lost';
    await pass(20);
    expect(givenUp).toEqual([2n]);
  });

  it.each<[string, Reach, Reach]>([
    ['that was not reached before either', 'lost', 'lost'],
    ['of which nothing is known', 'reached', 'unknown'],
    ['that is reached', 'reached', 'reached'],
  ])('is kept with a controller %s', async (_what, before, after) => {
    now.reach = before;
    takeUnconfirmed(after);
    await pass(120);
    expect(givenUp).toEqual([]);
  });

  it('is kept where the controller comes back in time', async () => {
    takeUnconfirmed('lost');
    await pass(10);
    now.reach = 'reached';
    await pass(2);
    now.reach = 'lost';
    await pass(10);
    expect(givenUp).toEqual([]);
  });

  it('is given up again where nobody heard it', async () => {
    isSettled = false;
    takeUnconfirmed('lost');
    await pass(40);
    expect(givenUp).toEqual([2n, 2n]);
  });

  it('is not looked at once it is replaced, and a confirmed one never', async () => {
    takeUnconfirmed('lost');
    await pass(5);
    watch.take({ version: 3n, isUnconfirmed: false });
    now = { version: 3n, reach: 'lost' };
    await pass(60);
    expect(givenUp).toEqual([]);
  });

  it('goes on being watched where only the policy changes', async () => {
    takeUnconfirmed('lost');
    await pass(10);
    watch.take({ version: 2n, isUnconfirmed: true });
    await pass(8);
    expect(givenUp).toEqual([2n]);
  });
});
