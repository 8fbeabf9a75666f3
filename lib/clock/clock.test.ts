import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { readBootId, systemClock, VirtualClock } from './index.js';

describe('VirtualClock', () => {
  it('stands still until it is advanced', () => {
    const clock = new VirtualClock(1_000);
    expect([clock.monotonicMs(), clock.wallMs()]).toEqual([0, 1_000]);
    clock.advance(250);
    expect([clock.monotonicMs(), clock.wallMs()]).toEqual([250, 1_250]);
  });

  it('fires what falls due, at its time and in order, also what timers set', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const note = (name: string) => () => {
      fired.push(`${name}@${clock.monotonicMs()}`);
    };
    clock.setTimer(30, note('c'));
    clock.setTimer(10, () => {
      note('a')();
      clock.setTimer(5, note('b'));
      clock.setTimer(500, note('late'));
    });
    clock.setTimer(30, note('d'));
    const cancel = clock.setTimer(20, note('cancelled'));
    cancel();
    clock.setTimer(-5, note('at once'));
    expect(clock.nextTimerInMs).toBe(0);
    clock.advance(100);
    expect(fired).toEqual(['at once@0', 'a@10', 'b@15', 'c@30', 'd@30']);
    expect(clock.pendingTimers).toBe(1);
    expect(clock.nextTimerInMs).toBe(410);
  });

  it('tells its three clocks apart', () => {
    const clock = new VirtualClock(1_000, 50);
    clock.advance(100);
    clock.sleepMachine(1_000);
    expect([clock.monotonicMs(), clock.wallMs(), clock.boottimeMs()]).toEqual([100, 2_100, 1_150]);
    clock.setWall(0);
    clock.advance(1);
    expect([clock.monotonicMs(), clock.wallMs(), clock.boottimeMs()]).toEqual([101, 1, 1_151]);
  });

  it('lets promises run between timers', async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    const run = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        await new Promise<void>((resolve) => clock.setTimer(10, resolve));
        times.push(clock.monotonicMs());
      }
    };
    const running = run();
    await clock.advanceAsync(100);
    await running;
    expect(times).toEqual([10, 20, 30]);
  });
});

describe('systemClock', () => {
  it('has a boot clock that other processes share', () => {
    const [seconds = ''] = readFileSync('/proc/uptime', 'utf8').split(' ');
    expect(Math.abs(systemClock.boottimeMs() - Number(seconds) * 1000)).toBeLessThan(1_000);
  });

  it('knows the boot', async () => {
    expect(await readBootId()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('moves on, and fires timers that are not cancelled', async () => {
    const before = systemClock.monotonicMs();
    let cancelledFired = false;
    const cancel = systemClock.setTimer(1, () => (cancelledFired = true));
    cancel();
    await new Promise<void>((resolve) => systemClock.setTimer(20, resolve));
    expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(19);
    expect(cancelledFired).toBe(false);
    expect(Math.abs(systemClock.wallMs() - Date.now())).toBeLessThan(1_000);
  });

  it('waits for delays that setTimeout would cut to nothing', async () => {
    let fired = false;
    const cancel = systemClock.setTimer(2 ** 31 + 5, () => (fired = true));
    await new Promise<void>((resolve) => systemClock.setTimer(20, resolve));
    expect(fired).toBe(false);
    cancel();
  });
});
