import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../../lib/clock/index.js';
import { createLogger } from '../../../../lib/observability/index.js';
import { writeDurably } from '../../../../lib/durable/index.js';
import { BudgetBook } from './budget-book.js';
import { BudgetFile } from './budget-file.js';

const logger = createLogger({ service: 'test', level: 'silent' });
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evn-budget-'));
  path = join(directory, 'budgets');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('BudgetFile', () => {
  it('gives back what was kept', async () => {
    const clock = new VirtualClock();
    const book = new BudgetBook(clock);
    book.allow('wwan0', 5e6);
    book.settle('wwan0', 'calm', 0, 1234);
    const file = BudgetFile.keep({ path, clock, logger, current: () => book.all() });
    await file.close();
    expect(await BudgetFile.load(path, logger)).toEqual(book.all());
    expect(clock.pendingTimers).toBe(0);
  });

  it('begins anew where there is nothing, or something else', async () => {
    expect(await BudgetFile.load(path, logger)).toEqual(new Map());
    await writeDurably(path, Buffer.from('[["wwan0",{"monthlyBytes":"much"}]]'));
    expect(await BudgetFile.load(path, logger)).toEqual(new Map());
    await writeFile(path, 'garbage');
    expect(await BudgetFile.load(path, logger)).toEqual(new Map());
  });
});
