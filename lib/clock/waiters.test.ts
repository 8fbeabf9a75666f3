import { getEventListeners } from 'node:events';
import { expect, it } from '@jest/globals';

import { isAborted, pause, VirtualClock, Waiters, whenAborted } from './index.js';

const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('wakes all who wait, and nobody twice', async () => {
  const [waiters, { signal }] = [new Waiters(), new AbortController()];
  const woken: string[] = [];
  const wait = async (name: string): Promise<void> => {
    await waiters.next(signal);
    woken.push(name);
  };
  const both = Promise.all([wait('one'), wait('two')]);
  waiters.wake();
  await both;
  const late = wait('three');
  await microtasks();
  expect(woken).toEqual(['one', 'two']);
  waiters.wake();
  await late;
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it.each([
  ['before', true],
  ['while it waits', false],
])('ends a wait whose signal aborts: %s', async (_when, isBefore) => {
  const [waiters, giveUp] = [new Waiters(), new AbortController()];
  if (isBefore) giveUp.abort();
  const waiting = waiters.next(giveUp.signal);
  giveUp.abort();
  await waiting;
  expect(isAborted(giveUp.signal)).toBe(true);
  expect(getEventListeners(giveUp.signal, 'abort')).toEqual([]);
});

it('pauses for its time, or until the signal aborts, and leaves no timer', async () => {
  const [clock, giveUp] = [new VirtualClock(), new AbortController()];
  let ended = 0;
  const pauses = [50, 70].map(async (forMs) => {
    await pause(forMs, clock, giveUp.signal);
    ended += 1;
  });
  clock.advance(49);
  await microtasks();
  expect(ended).toBe(0);
  clock.advance(1);
  await microtasks();
  expect(ended).toBe(1);
  giveUp.abort();
  await Promise.all(pauses);
  expect(clock.pendingTimers).toBe(0);
});

it('calls at once where the signal has aborted, later where it does, and never after it was told to stop', () => {
  const calls: string[] = [];
  const [aborted, aborting] = [AbortSignal.abort(), new AbortController()];
  whenAborted(aborted, () => calls.push('at once'));
  whenAborted(aborting.signal, () => calls.push('later'));
  const stop = whenAborted(aborting.signal, () => calls.push('never'));
  whenAborted(undefined, () => calls.push('never'))();
  stop();
  expect(calls).toEqual(['at once']);
  aborting.abort();
  expect(calls).toEqual(['at once', 'later']);
});
