import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { emptyMemory, type DecisionMemory } from '../../../lib/decision/decide/index.js';
import { Scenario } from '../../../lib/decision/decide/testing/scenario.js';
import { MemoryFile } from './memory-file.js';
import { formatMemory, parseMemory } from './memory-format.js';

/** A memory with everything in it: losses, a hold, a port that is down. */
function richMemory(): DecisionMemory {
  const scenario = new Scenario('eth0=0 wwan0=10 sat0=20');
  scenario.decideAt(1, '');
  scenario.decideAt(2, 'eth0:no-carrier sat0:missing');
  return scenario.decideAt(3, 'eth0:up').memory;
}

describe('the format of memory', () => {
  it('gives back what went in', () => {
    const memory = richMemory();
    expect(parseMemory(formatMemory(memory, 'boot'), 3_000)).toEqual({ kind: 'memory', bootId: 'boot', memory });
  });

  it.each([
    ['no JSON', '{"formatVersion":', /JSON/],
    ['nothing', '', /JSON/],
    ['another kind of JSON', '[]', /file is no object/],
    ['another version', '{"formatVersion":99}', /version 3/],
    ['a part missing', '{"formatVersion":3,"bootId":"b","ports":[]}', /selections is no list/],
    [
      'a time to come',
      formatMemory(richMemory(), 'b').replace('"usableSinceMs":3000', '"usableSinceMs":9000000'),
      /still to come/,
    ],
    [
      'a wrong type',
      formatMemory(richMemory(), 'b').replace('"lostMs":2000', '"lostMs":"x"'),
      /losses\[0\]\.lostMs is no time/,
    ],
    ['an unknown cause', formatMemory(richMemory(), 'b').replace('"link-lost"', '"whim"'), /no cause/],
  ])('is read whole or not at all: %s', (_what, text, reason) => {
    const parsed = parseMemory(text, 3_000);
    expect(parsed).toMatchObject({ kind: 'damaged', reason: expect.stringMatching(reason) as unknown });
  });
});

describe('MemoryFile', () => {
  let directory: string;
  let clock: VirtualClock;
  const logger = createLogger({ service: 'test', level: 'silent' });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evn-memory-'));
    clock = new VirtualClock();
    clock.advance(5_000);
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  function file(bootId = 'this-boot'): MemoryFile {
    return new MemoryFile({ path: join(directory, 'nim-memory.json'), bootId, clock, logger });
  }

  it('keeps memory for the next run of the same boot, and for no other', async () => {
    const memory = richMemory();
    const before = file();
    expect(await before.load()).toEqual(emptyMemory);
    before.save(memory);
    await before.close();
    expect(await file().load()).toEqual(memory);
    expect(await file('another-boot').load()).toEqual(emptyMemory);
    expect(await readdir(directory)).toEqual(['nim-memory.json']);
  });

  it('saves the newest of many, a moment later', async () => {
    const one = file();
    one.save(emptyMemory);
    one.save(richMemory());
    expect(await readdir(directory)).toEqual([]);
    expect(clock.pendingTimers).toBe(1);
    await clock.advanceAsync(50);
    await one.close();
    expect(await file().load()).toEqual(richMemory());
  });

  it('ignores garbage', async () => {
    await writeFile(join(directory, 'nim-memory.json'), Buffer.from([0xff, 0x00, 0x7b]));
    expect(await file().load()).toEqual(emptyMemory);
  });

  it('survives a directory that is gone', async () => {
    const one = new MemoryFile({ path: join(directory, 'gone', 'memory.json'), bootId: 'b', clock, logger });
    one.save(richMemory());
    await expect(one.close()).resolves.toBeUndefined();
  });
});
