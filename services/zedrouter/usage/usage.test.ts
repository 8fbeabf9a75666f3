import { describe, expect, it } from '@jest/globals';

import { sum, type Counts } from '../../../lib/history/index.js';
import {
  coarserSeries,
  usageSeries,
  usageSeriesOf,
  usageSince,
  type AppCounter,
  type Names,
  type PortCounter,
  type UsageReading,
  type UsageState,
} from './usage.js';
import { usageStateIn, usageStateJson } from './usage-state.js';

const OWNER = { networkInstanceId: 'ni-1', networkInstanceName: 'crew', appId: 'id-1', appName: 'app1' };
const names: Names = {
  portLabels: new Map([['eth0', 'shore']]),
  ownerOf: (bridge, address) => (bridge === 'bn1' && address === '10.77.0.2' ? OWNER : undefined),
};
const APP = usageSeries({ kind: 'app', port: 'shore', ...OWNER });
const PORT = usageSeries({ kind: 'port', port: 'shore' });
const count = (bytes: number) => ({ bytes, packets: bytes / 100 });

function app(bytes: number, more: Partial<AppCounter> = {}): AppCounter {
  return { direction: 'up', bridge: 'bn1', interfaceName: 'eth0', address: '10.77.0.2', ...count(bytes), ...more };
}

function reading(bytes: number, more: Partial<UsageReading> = {}): UsageReading {
  return { appsLife: 'boot1 table1', apps: [app(bytes)], ports: new Map(), ...more };
}

function port(life: string, up: number, down: number): ReadonlyMap<string, PortCounter> {
  return new Map([['shore', { life, up: count(up), down: count(down) }]]);
}

/** What readings one after the other come to, with the state kept as text in between. */
function counted(readings: readonly UsageReading[], called = names): Counts {
  let state: UsageState | undefined;
  const all: Counts[] = [];
  for (const each of readings) {
    const { counts, state: next } = usageSince(state, each, called);
    all.push(counts);
    state = usageStateIn(JSON.parse(JSON.stringify(usageStateJson(next))));
  }
  return sum(all);
}

describe('usageSince', () => {
  it.each<{ what: string; readings: readonly UsageReading[]; up: number }>([
    { what: 'all that a new table has counted', readings: [reading(300)], up: 300 },
    { what: 'what has come since', readings: [reading(300), reading(300), reading(700)], up: 700 },
    {
      what: 'what a table made anew has counted, also where that is more than the one before',
      readings: [reading(300), reading(900, { appsLife: 'boot1 table2' })],
      up: 1_200,
    },
    {
      what: 'after a reboot all that there is',
      readings: [reading(300), reading(400, { appsLife: 'boot2 table1' })],
      up: 700,
    },
    {
      what: 'nothing while the table is away, and goes on',
      readings: [reading(300), reading(0, { appsLife: undefined, apps: [] }), reading(500)],
      up: 500,
    },
    {
      what: 'an element that went and came back',
      readings: [reading(300), reading(0, { apps: [] }), reading(400)],
      up: 700,
    },
    { what: 'an element that was emptied', readings: [reading(300), reading(100)], up: 400 },
  ])('counts $what', ({ readings, up }) => {
    expect(counted(readings).get(APP)).toEqual([up, up / 100, 0, 0]);
  });

  it('counts up and down, and the tunnel of a network instance as its own', () => {
    const apps = [app(300), app(500, { direction: 'down' }), app(200, { address: '' })];
    const ofInstance = { ...OWNER, appId: '', appName: '' };
    const called = { ...names, ownerOf: (_: string, address: string) => (address === '' ? ofInstance : OWNER) };
    expect([...counted([reading(0, { apps })], called)]).toEqual([
      [APP, [300, 3, 500, 5]],
      [usageSeries({ kind: 'app', port: 'shore', ...ofInstance }), [200, 2, 0, 0]],
    ]);
  });

  it.each<{ what: string; lives: readonly (readonly [life: string, up: number])[]; up: number | undefined }>([
    { what: 'nothing of what a link carried before', lives: [['a', 900]], up: undefined },
    {
      what: 'what has come since',
      lives: [
        ['a', 900],
        ['a', 1_000],
      ],
      up: 100,
    },
    {
      what: 'all of a link that was made anew',
      lives: [
        ['a', 900],
        ['b', 1_000],
      ],
      up: 1_000,
    },
    {
      what: 'all of a driver that was reset',
      lives: [
        ['a', 900],
        ['a', 200],
      ],
      up: 200,
    },
  ])('counts of a port $what', ({ lives, up }) => {
    const readings = lives.map(([life, bytes]) => reading(0, { apps: [], ports: port(life, bytes, 0) }));
    expect(counted(readings).get(PORT)?.[0]).toBe(up);
  });

  it('goes on with a port whose link was away', () => {
    const readings = [
      reading(0, { ports: port('a', 100, 0) }),
      reading(0, { ports: new Map() }),
      reading(0, { ports: port('a', 300, 0) }),
    ];
    expect(counted(readings).get(PORT)).toEqual([200, 2, 0, 0]);
  });

  it('counts for whom it counted where the name means nothing any more, and for nobody where it never did', () => {
    const { state } = usageSince(undefined, reading(100), names);
    const nobody: Names = { portLabels: new Map(), ownerOf: () => undefined };
    expect([...usageSince(state, reading(300), nobody).counts]).toEqual([[APP, [200, 2, 0, 0]]]);
    const [series = ''] = usageSince(undefined, reading(300), nobody).counts.keys();
    expect(usageSeriesOf(series)).toMatchObject({ kind: 'app', port: 'eth0', appName: '' });
  });

  it('has a coarser series of apps by port', () => {
    expect(usageSeriesOf(coarserSeries(APP))).toMatchObject({ kind: 'app', port: 'shore', networkInstanceId: '' });
    expect(coarserSeries(PORT)).toBe(PORT);
  });
});

describe('usageStateIn', () => {
  it.each([undefined, null, 1, [], {}, { apps: [], ports: 1 }, { appsLife: 1, apps: [], ports: [] }])(
    'takes %j for none',
    (json) => {
      expect(usageStateIn(json)).toBeUndefined();
    },
  );

  it('leaves out what is damaged', () => {
    const apps = [
      ['k', 1, 2, 's'],
      ['k', -1, 2, 's'],
      [1, 2],
    ];
    const state = usageStateIn({ appsLife: 'a', apps, ports: [['shore', 'life', 1, 2, 3, null], 5] });
    expect(state?.apps.size).toBe(1);
    expect(state?.ports.size).toBe(0);
  });
});
