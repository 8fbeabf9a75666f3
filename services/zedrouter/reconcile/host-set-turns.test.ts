import { expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import { HOST_SET_TURN_MS, hostSetNames } from '../desired/host-names.js';
import { HostSetTurns } from './host-set-turns.js';

it('keeps an address for a turn at least, and for two at most, after the last answer that gave it', async () => {
  const clock = new VirtualClock();
  const sets = new Map(hostSetNames(1, 'example.com').map((name) => [name, false]));
  const turns = new HostSetTurns({
    clock,
    sets: () => [...sets.keys()],
    empty: (emptied) => {
      for (const name of emptied) sets.set(name, false);
    },
  });
  for (const atMs of [0, 1, 0.5, 1.3, 1.999].map((part) => part * HOST_SET_TURN_MS)) {
    await clock.advanceAsync(atMs);
    const answeredMs = clock.monotonicMs();
    // As dnsmasq does with an answer.
    for (const name of sets.keys()) sets.set(name, true);
    while ([...sets.values()].includes(true)) await clock.advanceAsync(HOST_SET_TURN_MS / 100);
    const keptMs = clock.monotonicMs() - answeredMs;
    expect(keptMs).toBeGreaterThanOrEqual(HOST_SET_TURN_MS);
    expect(keptMs).toBeLessThanOrEqual(2 * HOST_SET_TURN_MS + HOST_SET_TURN_MS / 100);
  }
  turns.close();
  for (const name of sets.keys()) sets.set(name, true);
  await clock.advanceAsync(10 * HOST_SET_TURN_MS);
  expect([...sets.values()]).toEqual([true, true]);
});
