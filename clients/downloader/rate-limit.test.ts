import { describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../lib/clock/index.js';
import { RateLimit } from './rate-limit.js';

describe('RateLimit', () => {
  it('holds the rate over a long transfer, whatever the chunks', () => {
    const clock = new VirtualClock();
    const limit = new RateLimit(1_000_000, clock);
    for (let sent = 0; sent < 10_000_000; sent += 65_536) clock.advance(limit.pauseAfter(65_536));
    expect(clock.monotonicMs()).toBeGreaterThan(9_800);
    expect(clock.monotonicMs()).toBeLessThan(10_100);
  });

  it('lets little come at once after a pause', () => {
    const clock = new VirtualClock();
    const limit = new RateLimit(1_000_000, clock);
    clock.advance(60_000);
    expect(limit.pauseAfter(100_000)).toBe(0);
    expect(limit.pauseAfter(100_000)).toBe(100);
  });
});
