import { describe, expect, it } from '@jest/globals';

import { Event } from '../../../gen/nim/v1/event.js';
import { isWanted, pointInTimeMs, type EventFilter } from './event-filter.js';

const everything: EventFilter = { sinceMs: undefined, port: undefined, networkInstance: undefined };

const moved = Event.fromPartial({
  time: { seconds: 10n, nanos: 0 },
  kind: {
    $case: 'selectionChanged',
    value: { networkInstanceId: 'id-1', displayName: 'default', fromPort: 'lte', toPort: '' },
  },
});
const lost = Event.fromPartial({
  time: { seconds: 10n, nanos: 0 },
  kind: { $case: 'portChanged', value: { logicalLabel: 'lte', interface: 'wwan0' } },
});
const configured = Event.fromPartial({
  time: { seconds: 10n, nanos: 0 },
  kind: { $case: 'configurationChanged', value: { version: 1n } },
});

describe('which events are wanted', () => {
  it.each<[string, Event, Partial<EventFilter>, boolean]>([
    ['all', configured, {}, true],
    ['since then', lost, { sinceMs: 10_000 }, true],
    ['since later', lost, { sinceMs: 10_001 }, false],
    ['of a port by its label', lost, { port: 'lte' }, true],
    ['of a port by its interface', lost, { port: 'wwan0' }, true],
    ['of another port', lost, { port: 'eth0' }, false],
    ['of a port that was left', moved, { port: 'lte' }, true],
    ['of no port, by the empty name', moved, { port: '' }, false],
    ['of a network instance by its name', moved, { networkInstance: 'default' }, true],
    ['of a network instance by its UUID', moved, { networkInstance: 'id-1' }, true],
    ['of another network instance', moved, { networkInstance: 'business' }, false],
    ['of either', lost, { port: 'lte', networkInstance: 'default' }, true],
    ['of a port, too late', lost, { port: 'lte', sinceMs: 10_001 }, false],
    ['a configuration, of a port', configured, { port: 'lte' }, false],
  ])('%s', (_, event, filter, wanted) => {
    expect(isWanted(event, { ...everything, ...filter })).toBe(wanted);
  });
});

describe('a point in time', () => {
  const nowMs = Date.parse('2026-11-30T12:00:00Z');

  it.each([
    ['2h', '2026-11-30T10:00:00Z'],
    ['1d12h', '2026-11-29T00:00:00Z'],
    ['2026-11-30T08:00:00Z', '2026-11-30T08:00:00Z'],
  ])('%s is %s', (text, date) => {
    expect(pointInTimeMs(text, nowMs)).toBe(Date.parse(date));
  });

  it.each(['', 'yesterday', '2026-13-01', '2', '-2h'])('%j is none', (text) => {
    expect(() => pointInTimeMs(text, nowMs)).toThrow('how long ago');
  });
});
