import { describe, expect, it } from '@jest/globals';

import { observeTraffic, refuteStall, stallOf, type TrafficFacts } from './traffic.js';

const noTcp = { tcpOpens: 0, tcpUpPackets: 0, tcpDownPackets: 0, tcpDownBytes: 0 };

/** Readings at seconds: `0:0/0 1:5/4 ...` are up and down packets; `2:refuted` a probe that was answered. */
function after(readings: string): TrafficFacts | undefined {
  return readings.split(' ').reduce<TrafficFacts | undefined>((facts, reading) => {
    const [second = '', what = ''] = reading.split(':');
    const nowMs = Number(second) * 1000;
    if (what === 'refuted') return facts === undefined ? undefined : refuteStall(facts, 'any', nowMs);
    const [up = '', down = ''] = what.split('/');
    return observeTraffic(facts, { ...noTcp, upPackets: Number(up), downPackets: Number(down) }, nowMs);
  }, undefined);
}

describe('stallOf', () => {
  it.each([
    { what: 'nothing read', readings: '', atSeconds: 9, want: { kind: 'none' } },
    { what: 'the first reading says nothing', readings: '0:100/0', atSeconds: 9, want: { kind: 'none' } },
    { what: 'no traffic', readings: '0:1/1 1:1/1', atSeconds: 9, want: { kind: 'none' } },
    { what: 'answered', readings: '0:0/0 1:5/4 2:9/8', atSeconds: 9, want: { kind: 'none' } },
    {
      what: 'unanswered, and not for long enough',
      readings: '0:0/0 1:5/0',
      atSeconds: 1.1,
      want: { kind: 'growing', ripeAtMs: 1300 },
    },
    { what: 'unanswered', readings: '0:0/0 1:5/0', atSeconds: 1.3, want: { kind: 'stalled', sinceMs: 1000 } },
    {
      what: 'from the first packet that was not answered',
      readings: '0:0/0 1:5/5 2:6/5 3:9/5',
      atSeconds: 3,
      want: { kind: 'stalled', sinceMs: 2000 },
    },
    { what: 'answered after all', readings: '0:0/0 1:5/0 2:6/1', atSeconds: 9, want: { kind: 'none' } },
    { what: 'refuted, and nothing new', readings: '0:0/0 1:5/0 2:refuted', atSeconds: 90, want: { kind: 'none' } },
    {
      what: 'refuted, and more of the same',
      readings: '0:0/0 1:5/0 2:refuted 2.5:6/0',
      atSeconds: 2.5,
      want: { kind: 'growing', ripeAtMs: 3000 },
    },
    {
      what: 'refuted again and again',
      readings: '0:0/0 1:5/0 2:refuted 3:6/0 4:refuted 5:7/0 6:refuted 7:8/0',
      atSeconds: 7,
      want: { kind: 'growing', ripeAtMs: 10_000 },
    },
    {
      what: 'refuted, then answered, then stalled: looked at at once',
      readings: '0:0/0 1:5/0 2:refuted 3:6/1 4:7/1',
      atSeconds: 4.3,
      want: { kind: 'stalled', sinceMs: 4000 },
    },
    { what: 'counters that were set back', readings: '0:50/50 1:60/50 2:1/0', atSeconds: 9, want: { kind: 'none' } },
  ])('$what', ({ readings, atSeconds, want }) => {
    expect(stallOf(after(readings), 'any', 300, atSeconds * 1000)).toEqual(want);
  });

  it('waits for longer than the path takes to answer', () => {
    const traffic = after('0:0/0 1:5/0');
    expect(stallOf(traffic, 'any', 900, 1800)).toEqual({ kind: 'growing', ripeAtMs: 1900 });
    expect(stallOf(traffic, 'any', undefined, 1100)).toEqual({ kind: 'growing', ripeAtMs: 1200 });
  });
});

describe('stallOf TCP', () => {
  /**
   * Readings at seconds: `1:3/2-1` are connections begun, segments with data up and down, `1:3/2-1x900` of so many
   * bytes each; all else is answered.
   */
  function tcpAfter(readings: string): TrafficFacts | undefined {
    return readings.split(' ').reduce<TrafficFacts | undefined>((facts, reading) => {
      const [second = '', what = ''] = reading.split(':');
      const nowMs = Number(second) * 1000;
      if (what === 'refuted') return facts === undefined ? undefined : refuteStall(facts, 'tcp', nowMs);
      const [opens = 0, up = 0, down = 0, size = 100] = what.split(/[/x-]/).map(Number);
      const udp = { upPackets: nowMs, downPackets: nowMs };
      const tcp = { tcpOpens: opens, tcpUpPackets: up, tcpDownPackets: down, tcpDownBytes: down * size };
      return observeTraffic(facts, { ...udp, ...tcp }, nowMs);
    }, undefined);
  }

  it.each([
    { what: 'none, with UDP alone', readings: '0:0/0-0 1:0/0-0', atSeconds: 9, want: 'none' },
    {
      what: 'connections begun, and not for long enough',
      readings: '0:0/0-0 1:1/0-0',
      atSeconds: 2.4,
      want: 'growing',
    },
    {
      what: 'connections begun, while UDP is answered',
      readings: '0:0/0-0 1:1/0-0 2:2/0-0',
      atSeconds: 2.5,
      want: 'stalled',
    },
    { what: 'data sent', readings: '0:5/5-5 1:5/6-5', atSeconds: 2.5, want: 'stalled' },
    { what: 'data sent and answered', readings: '0:5/5-5 1:5/6-5 2:5/6-6', atSeconds: 9, want: 'none' },
    { what: 'refuted', readings: '0:5/5-5 1:5/6-5 3:refuted', atSeconds: 9, want: 'none' },
  ])('$what: $want', ({ readings, atSeconds, want }) => {
    expect(stallOf(tcpAfter(readings), 'tcp', 300, atSeconds * 1000).kind).toBe(want);
  });

  it('knows when a connection was begun last', () => {
    expect(tcpAfter('0:0/0-0 1:1/0-0 2:1/5-5')?.lastOpenMs).toBe(1_000);
  });

  it.each([
    { what: 'never', readings: '0:0/0-0 1:1/1-1 2:2/2-2', want: undefined },
    { what: 'with full segments', readings: '0:0/0-0 1:1/1-9x1450 2:2/2-9x1450', want: 1_000 },
    { what: 'not among many small ones', readings: '0:0/0-0 1:1/1-9x1100', want: undefined },
  ])('knows when a large packet came down last: $what', ({ readings, want }) => {
    expect(tcpAfter(readings)?.lastLargeMs).toBe(want);
  });
});
