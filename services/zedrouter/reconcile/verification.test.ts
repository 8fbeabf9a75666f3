import { beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import { Verification, type ReadingOutcome } from './verification.js';

let clock: VirtualClock;
let readings: string[];
let outcome: ReadingOutcome;
let verification: Verification;

beforeEach(() => {
  clock = new VirtualClock();
  readings = [];
  outcome = 'useful';
  verification = new Verification({
    clock,
    read: (what) => {
      readings.push(`${what} at ${clock.monotonicMs()}`);
      return Promise.resolve(outcome);
    },
  });
});

const pass = (untilMs: number): Promise<void> => clock.advanceAsync(untilMs - clock.monotonicMs());

describe('Verification', () => {
  it('reads once the kernel has calmed down', async () => {
    verification.soon();
    await pass(100);
    for (let change = 0; change < 100; change += 1) verification.soon();
    await pass(290);
    expect(readings).toEqual([]);
    await pass(1_000);
    expect(readings).toEqual(['kernel at 300']);
  });

  it('reads while the kernel has not calmed down, too', async () => {
    for (let change = 0; change < 60; change += 1) {
      verification.soon();
      await pass((change + 1) * 20);
    }
    expect(readings).toEqual(['kernel at 500', 'kernel at 1000']);
  });

  it('reads at once where something is wrong, and that once', async () => {
    verification.soon();
    await pass(50);
    verification.now();
    await pass(1_000);
    expect(readings).toEqual(['kernel at 50']);
  });

  it('reads again where the reading was useless, and later where it failed', async () => {
    outcome = 'useless';
    verification.soon();
    await pass(390);
    expect(readings).toEqual(['kernel at 200']);
    outcome = 'failed';
    await pass(1_390);
    expect(readings).toEqual(['kernel at 200', 'kernel at 400']);
    outcome = 'useful';
    await pass(5_000);
    expect(readings).toEqual(['kernel at 200', 'kernel at 400', 'kernel at 1400']);
  });

  it('reads everything after a reading during which the minute was over', async () => {
    verification.close();
    const done: (() => void)[] = [];
    const slow = new Verification({
      clock,
      read: (what) => {
        readings.push(what);
        return new Promise((resolve) => {
          done.push(() => {
            resolve('useful');
          });
        });
      },
    });
    slow.now();
    await pass(60_500);
    slow.now();
    done[0]?.();
    await pass(60_600);
    slow.close();
    expect(readings).toEqual(['kernel', 'kernel-and-name-services']);
  });

  it('reads everything once a minute, until it is closed', async () => {
    await pass(130_000);
    expect(readings).toEqual(['kernel-and-name-services at 60000', 'kernel-and-name-services at 120000']);
    verification.soon();
    verification.close();
    await pass(300_000);
    expect(readings).toHaveLength(2);
  });
});
