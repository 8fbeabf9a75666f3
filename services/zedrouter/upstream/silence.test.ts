import { describe, expect, it, jest } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import { Silence } from './silence.js';

describe('the silence of a service that is followed', () => {
  it('is told when it lasts, once, and is over when the service is heard', () => {
    const clock = new VirtualClock();
    const onChange = jest.fn();
    const silence = new Silence(clock, onChange);
    silence.note('NIM', 'connected');
    silence.note('NIM', 'disconnected', 'UNAVAILABLE: Keepalive timeout');
    expect(silence.notices).toEqual([]);
    clock.advance(500);
    expect(silence.notices).toEqual([expect.stringMatching(/^NIM cannot be heard \(UNAVAILABLE.*serve nim$/)]);
    expect(onChange).toHaveBeenCalledTimes(1);
    silence.note('NIM', 'connected');
    expect(silence.notices).toEqual([]);
    expect(onChange).toHaveBeenCalledTimes(2);
  });

  it('is not told of a service that comes back at once', () => {
    const clock = new VirtualClock();
    const onChange = jest.fn();
    const silence = new Silence(clock, onChange);
    silence.note('zedagent', 'disconnected', 'UNAVAILABLE');
    clock.advance(100);
    silence.note('zedagent', 'connected');
    clock.advance(10_000);
    expect(onChange).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });
});
