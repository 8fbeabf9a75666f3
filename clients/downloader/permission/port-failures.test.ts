import { beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import { PortFailure } from '../exchange/port-failure.js';
import { PortFailures } from './port-failures.js';

let clock: VirtualClock;
let failures: PortFailures;

beforeEach(() => {
  clock = new VirtualClock();
  failures = new PortFailures(clock);
});

describe('PortFailures', () => {
  it('leaves a port out for longer with each failure, and forgets when something comes', () => {
    failures.failed('eth0', new PortFailure('broken'));
    clock.advance(4_999);
    expect([failures.isLeftOut('eth0'), failures.isLeftOut('eth1')]).toEqual([true, false]);
    clock.advance(1);
    expect(failures.isLeftOut('eth0')).toBe(false);
    failures.failed('eth0', new PortFailure('broken'));
    clock.advance(9_999);
    expect(failures.isLeftOut('eth0')).toBe(true);
    failures.progressed('eth0');
    expect(failures.isLeftOut('eth0')).toBe(false);
  });

  it('waits longer between rounds, says why each port failed, and lets them try again', () => {
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      failures.failed('eth0', new PortFailure('refused'));
      failures.failed('eth1', new PortFailure('no answer'));
      const { waitMs, why, allRefused } = failures.endRound(['eth0', 'eth1']);
      waits.push(waitMs);
      expect([why, allRefused]).toEqual(['eth0: refused; eth1: no answer', false]);
      expect(failures.isLeftOut('eth0')).toBe(false);
    }
    expect(failures.rounds).toBe(4);
    expect(waits.every((wait, index) => wait > 0 && wait <= 1_000 * 2 ** (index + 1))).toBe(true);
    failures.progressed('eth1');
    expect(failures.rounds).toBe(0);
  });

  it('is as patient as the source asks', () => {
    failures.failed('eth0', new PortFailure('busy', { retryAfterMs: 90_000 }));
    expect(failures.endRound(['eth0']).waitMs).toBe(90_000);
  });

  it('tells refusals by every port from other failures', () => {
    failures.failed('eth0', new PortFailure('404', { isRefusal: true }));
    expect(failures.endRound(['eth0']).allRefused).toBe(true);
  });
});
