import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../clock/index.js';
import { createLogger } from '../observability/index.js';
import { DAY_MS, HOUR_MS } from './counts.js';
import { DAYS_BY_HOUR, History, MONTHS_BY_DAY } from './history.js';

const NOON = Date.UTC(2026, 10, 30, 12);
const logger = createLogger({ service: 'test', level: 'silent' });

let directory: string;
let clock: VirtualClock;
let history: History<string>;

function open(path = directory, at = clock): Promise<History<string>> {
  return History.open<string>({
    ...{ directory: path, clock: at, logger, mostSeries: 4, coarser: () => 'rest' },
    formatState: (state) => state,
    parseState: (json) => (typeof json === 'string' ? json : undefined),
  });
}

async function read(of = history): Promise<readonly unknown[]> {
  const periods = [];
  for await (const { beginMs, lengthMs, counts } of of.read(0, Infinity)) {
    periods.push([new Date(beginMs).toISOString().slice(0, 13), lengthMs, Object.fromEntries(counts)]);
  }
  return periods;
}

function total(periods: readonly unknown[]): number {
  return periods.reduce<number>((all, period) => {
    const counts = Array.isArray(period) ? (period[2] as Readonly<Record<string, readonly number[]>>) : {};
    return all + Object.values(counts).reduce((each, [value = 0]) => each + value, 0);
  }, 0);
}

const A = '["a"]';
const add = (value: number, state = 'state') => {
  history.add(new Map([[A, [value]]]), state);
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evh-'));
  clock = new VirtualClock(NOON);
  history = await open();
});

afterEach(async () => {
  await history.close();
  await rm(directory, { recursive: true, force: true });
});

describe('History', () => {
  it('keeps counts by the hour and the state beside them, over restarts', async () => {
    add(1);
    clock.advance(HOUR_MS);
    add(2, 'up to here');
    await history.close();
    history = await open();
    expect(history.state).toBe('up to here');
    add(4);
    expect(await read()).toEqual([
      ['2026-11-30T12', HOUR_MS, { [A]: [1] }],
      ['2026-11-30T13', HOUR_MS, { [A]: [6] }],
    ]);
  });

  it('is on disk within ten seconds, counts and state together', async () => {
    add(1, 'first');
    clock.advance(10_000);
    await history.save();
    add(2, 'second');
    const killed = await open();
    expect(killed.state).toBe('first');
    expect(await read(killed)).toEqual([['2026-11-30T12', HOUR_MS, { [A]: [1] }]]);
  });

  it('counts nothing twice and leaves nothing out, wherever it is killed', async () => {
    for (let hour = 0; hour < 30; hour += 1) {
      add(1, `${hour}`);
      await history.save();
      clock.advance(HOUR_MS);
    }
    // The newest file of each kind, beside the older ones of the others: what a kill between two writes leaves.
    const older = await mkdtemp(join(tmpdir(), 'evh-'));
    await cp(directory, older, { recursive: true });
    add(1, '30');
    await history.save();
    await cp(join(directory, 'hours'), join(older, 'hours'), { recursive: true });
    const killed = await open(older);
    expect(total(await read(killed))).toBe(30);
    killed.add(new Map([[A, [1]]]), '30');
    await killed.save();
    expect(total(await read(killed))).toBe(31);
    await killed.close();
    expect(total(await read(await open(older)))).toBe(31);
    await rm(older, { recursive: true });
  });

  it('keeps days where hours are kept no more, and a bounded number of files', async () => {
    for (let day = 0; day < 500; day += 1) {
      add(day === 0 ? 1_000_000 : 1);
      clock.advance(HOUR_MS);
      add(1);
      await history.save();
      clock.advance(DAY_MS - HOUR_MS);
    }
    const files = await readdir(join(directory, 'hours'));
    expect(files.filter((name) => !name.includes('.'))).toHaveLength(DAYS_BY_HOUR);
    expect((await readdir(join(directory, 'days'))).filter((name) => !name.includes('.'))).toHaveLength(MONTHS_BY_DAY);
    expect(files.length).toBeLessThanOrEqual(2 * DAYS_BY_HOUR);
    const periods = await read();
    const days = periods.filter((period) => Array.isArray(period) && period[1] === DAY_MS);
    expect(days.length + DAYS_BY_HOUR).toBeGreaterThanOrEqual(400);
    expect(total(periods)).toBe(2 * (days.length + DAYS_BY_HOUR));
  });

  it('answers what was asked for', async () => {
    for (let hour = 0; hour < 4; hour += 1) {
      add(1);
      clock.advance(HOUR_MS);
    }
    await history.save();
    const hours = [];
    for await (const { beginMs } of history.read(NOON + HOUR_MS, NOON + 3 * HOUR_MS)) hours.push(beginMs - NOON);
    expect(hours).toEqual([HOUR_MS, 2 * HOUR_MS]);
  });

  it.each([
    ['goes on in the hour that it was in where the clock is set back a little', -HOUR_MS, 1],
    ['begins an hour of its own where the clock was wrong by years', -400 * DAY_MS, 2],
  ])('%s', async (_what, jumpMs, hours) => {
    add(1);
    clock.setWall(NOON + jumpMs);
    add(1);
    await history.save();
    const periods = await read();
    expect(periods).toHaveLength(hours);
    expect(total(periods)).toBe(2);
  });

  it('is bounded in series', async () => {
    history.add(new Map([...Array(100).keys()].map((each) => [`["${each}"]`, [1]])), '');
    await history.save();
    const [period] = await read();
    expect(Object.keys(Array.isArray(period) ? (period[2] as object) : {})).toHaveLength(5);
    expect(total([period])).toBe(100);
  });

  it.each(['no json', '{"nextId":1,"open":"[]"}', ''])('starts with none where a file has %j', async (content) => {
    await writeFile(join(directory, 'now'), content);
    const damaged = await open();
    expect(damaged.state).toBeUndefined();
    damaged.add(new Map([[A, [1]]]), 'anew');
    await damaged.close();
    expect((await open()).state).toBe('anew');
  });

  it('goes on in memory where the disk does not take it, and writes it later', async () => {
    await writeFile(join(directory, 'file'), '');
    const where = join(directory, 'file', 'history');
    const stuck = await open(where);
    stuck.add(new Map([[A, [1]]]), '');
    await stuck.save();
    expect(await read(stuck)).toEqual([['2026-11-30T12', HOUR_MS, { [A]: [1] }]]);
    await rm(join(directory, 'file'));
    await stuck.close();
    expect(total(await read(await open(where)))).toBe(1);
  });
});
